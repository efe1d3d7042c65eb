"""What the importer says of files that it cannot take: one clear sentence each, and nothing written.

    errors.py [--parity FOLDER]        exit status 77 where PyTorch or the vectors aren't there
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PARITY = Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT.parent / "shared/parity"

try:
    import torch
except (ImportError, OSError):  # OSError: LibTorch without the parts that Python needs
    print("PyTorch in Python is not installed; ./setup.sh test --all installs it")
    sys.exit(77)
if not (PARITY / "weights.py").exists():
    print(f"the vectors are not there ({PARITY})")
    sys.exit(77)


class Code:
    """A pickle that would make a file when it is loaded."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self):
        return (open, (str(self.mark), "w"))


def main() -> int:
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, PARITY / "weights.py", "srvgg", folder], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([sys.executable, PARITY / "weights.py", "srgan", folder], check=True, stdout=subprocess.DEVNULL)
        whole = folder / "srvgg.pth"
        content = torch.load(whole, weights_only=True)

        def saved(file: str, change) -> Path:
            state = dict(content["params"])
            change(state)
            torch.save({"params": state}, folder / file)
            return folder / file

        (folder / "empty.pth").write_bytes(b"")
        (folder / "text.pth").write_text("not a checkpoint\n" * 50)
        (folder / "cut.pth").write_bytes(whole.read_bytes()[:100_000])
        (folder / "no-weights.pth").write_bytes(b"")
        torch.save({"epoch": 3}, folder / "no-weights.pth")
        (folder / "old-code.pth").write_bytes(pickle.dumps({"params": Code(folder / "ran")}))
        torch.save({"params": content["params"], "hook": Code(folder / "ran")}, folder / "code.pth")
        (folder / "folder").mkdir()
        cases = [
            (["srvgg", folder / "none.pth"], "no such file"),
            (["srvgg", folder / "empty.pth"], "empty file"),
            (["srvgg", folder / "text.pth"], "another kind"),
            (["srvgg", folder / "cut.pth"], "cut short"),
            (["srvgg", folder / "no-weights.pth"], "found none"),
            (["srvgg", folder / "code.pth"], "more than weights"),
            (["srvgg", folder / "old-code.pth"], "another kind"),
            (["srvgg", folder / "folder"], "found none"),
            (["esrgan", whole], "expected the weights of esrgan"),
            (["srvgg", saved("missing.pth", lambda s: s.pop("body.4.bias"))], "'body.4.bias'"),
            (["srvgg", saved("more.pth", lambda s: s.update({"extra.weight": torch.zeros(3)}))], "'extra.weight'"),
            (["srvgg", saved("shape.pth", lambda s: s.update({"body.4.bias": torch.zeros(63)}))], "expected 64 for 'body.4.bias', found 63"),
            (["srvgg", saved("nan.pth", lambda s: s.update({"body.4.bias": s["body.4.bias"] * float("nan")}))], "NaN"),
            ([saved("unknown.pth", lambda s: [s.pop(k) for k in list(s) if k.startswith("body")] and s.update(a=torch.zeros(3)))],
             "known system"),
            (["srvgg", whole, "--set", "tile=3"], "has no option 'tile'"),
            (["nosuch", whole], "there is no system 'nosuch'"),
            ([], "expected a checkpoint's path"),
            (["srvgg"], "found no path"),
            (["generic", "--task", "paint", "a.py:B", whole], "expected --task"),
        ]
        for words, expected in cases:
            done = subprocess.run([sys.executable, ROOT / "plugins/importing/main.py", *map(str, words), "-o", folder / "out.pt"],
                                  capture_output=True, text=True)
            said = done.stderr.strip()
            problems = []
            if done.returncode == 0:
                problems.append("it succeeded")
            if expected not in said:
                problems.append(f"it didn't say '{expected}'")
            if "\n" in said:
                problems.append("it said more than one line")
            if (folder / "out.pt").exists() or (folder / "out.pt.part").exists():
                problems.append("it left a package")
            if (folder / "ran").exists():
                problems.append("it ran the code in the file")
            if problems:
                failed += 1
                print(f"{' '.join(Path(str(w)).name for w in words)}: {', '.join(problems)}: {said[-400:]}")
        print(f"{len(cases) - failed} of {len(cases)} bad inputs refused as they should be")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
