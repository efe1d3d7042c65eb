"""The catalog of models, the importers and the page agree.

    catalog.py        exit status 77 where PyTorch isn't there
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "plugins"))

try:
    import torch  # noqa: F401
except (ImportError, OSError):  # OSError: LibTorch without the parts that Python needs
    print("PyTorch in Python is not installed; ./setup.sh test --all installs it")
    sys.exit(77)

from importing import systems  # noqa: E402


def problems(entry: dict, known: dict, page: str) -> list[str]:
    found = []
    if entry["importer"] not in (*known, "ncnn"):
        found.append(f"no importer {entry['importer']}")
    system = known.get(entry["importer"])
    if system:
        # A license in the catalog is SPDX's name of what the importer says.
        plain = {"NOASSERTION": "not stated", "LicenseRef-academic-research-only": "academic research only"}
        license = plain.get(entry["license"], entry["license"].split(" ")[0])
        if not system.license.startswith(license):
            found.append(f"license {entry['license']}, and the importer's is {system.license}")
        if system.task != entry["task"] or system.files != entry.get("published_as", system.files):
            found.append("task or files differ from the importer's")
    row = f"| `{entry['name']}` | {entry['task']} | {'x%d' % entry['scale'] if entry['scale'] > 1 else ''} | {entry['license']} |"
    if row not in page:
        found.append(f"docs/models.md has no row '{row}'")
    return found


def main() -> int:
    entries = json.loads((ROOT / "plugins/models.json").read_text())["models"]
    known, page = systems(), (ROOT / "docs/models.md").read_text()
    said = [f"{e['name']}: {text}" for e in entries for text in problems(e, known, page)]
    names = [e["name"] for e in entries]
    said += [f"{name}: not in the catalog" for name in known if name not in names]
    said += [f"{name}: twice" for name in set(names) if names.count(name) > 1]
    print("\n".join(said) or f"{len(entries)} models: catalog, importers and page agree")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
