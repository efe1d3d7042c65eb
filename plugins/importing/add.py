"""What `oldfilm models add` runs: fetches a model's files, verifies them, and converts them.

    add.py ENTRY [FILE...] -o PACKAGE [--find-links FOLDER] [--task TASK]

ENTRY is the model's entry of the catalog (plugins/models.json) as JSON, {} where it has none. Without FILEs they come from
PyPI, by pip. Says what is wrong in one sentence on standard error, and exits with 1.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

NO_NETWORK = ("connection", "name resolution", "network is unreachable", "timed out", "proxyerror", "name or service not known")
# What a PyTorch package in float32 takes at most, of the size of its source.
GROWTH = 3


class Failure(Exception):
    """One sentence: what was expected, what was found, what to do next."""


def download(wheel: dict, folder: Path, links: str) -> Path:
    """The wheel, by pip; the same file whatever Python runs this."""
    wanted = f"{wheel['name']}=={wheel['version']}"
    print(f"fetching {wanted} from {links or 'PyPI'}", flush=True)
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--quiet", "--no-deps",
               "--retries", "1", "--only-binary", ":all:", "--python-version", wheel["python"], "--implementation", "cp",
               "--abi", wheel["abi"], "--platform", wheel["platform"], "-d", str(folder)]
    command += ["--no-index", "--find-links", links] if links else []
    done = subprocess.run([*command, wanted], capture_output=True, text=True)
    found = sorted(folder.glob("*.whl"))
    if done.returncode == 0 and found:
        return found[0]
    raise Failure(_why(done.stderr, wanted, links))


def _why(said: str, wanted: str, links: str) -> str:
    lower = said.lower()
    if "no module named pip" in lower:
        return (f"fetching {wanted} needs pip, and {sys.executable} has none; install python3-pip, or name another Python in "
                "OLDFILM_PYTHON")
    if "no space left" in lower:
        return f"{wanted} cannot be fetched, because the disk of {tempfile.gettempdir()} is full; free some space"
    if any(word in lower for word in NO_NETWORK):
        return (f"{wanted} cannot be fetched, because PyPI is not reached; connect to the network, or fetch the wheel "
                "elsewhere and add --find-links FOLDER")
    if links:
        return f"expected {wanted} in {links}, found no such wheel; put it there, or leave --find-links out"
    last = [line for line in said.strip().splitlines() if line.strip()] or ["no reason given"]
    return f"{wanted} cannot be fetched from PyPI ({last[-1].strip()}); try again later"


def unpacked(wheel: Path, files: list[dict], folder: Path) -> list[Path]:
    """The files that the catalog names, with the checksums that it names."""
    paths = []
    try:
        with zipfile.ZipFile(wheel) as archive:
            for file in files:
                target = folder / Path(file["path"]).name
                with archive.open(file["path"]) as source, open(target, "wb") as sink:
                    shutil.copyfileobj(source, sink)
                paths.append(target)
    except (zipfile.BadZipFile, KeyError) as error:
        raise Failure(f"expected {files[0]['path']} in {wheel.name}, found a wheel without it ({error}); it is of another "
                      "version, or damaged: fetch it again") from None
    verify(paths, files)
    return paths


def verify(paths: list[Path], files: list[dict]) -> None:
    """Compares with the catalog what it has checksums of, by the files' names."""
    expected = {Path(file["path"]).name: file["sha256"] for file in files}
    for path in paths:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if expected.get(path.name, found) != found:
            raise Failure(f"expected SHA-256 {expected[path.name]} of {path.name}, found {found}; the file is damaged or is "
                          "not the published one: fetch it again, and do not use this one")
        print(f"{path.name}: SHA-256 {found}{' as in the catalog' if path.name in expected else ''}", flush=True)


def convert(entry: dict, paths: list[Path], package: Path, task: str) -> None:
    """By the importer, which needs PyTorch."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    try:
        from importing import main
        from importing.checkpoint import ImportFailure
    except (ImportError, OSError) as error:  # OSError: LibTorch without the parts that Python needs
        raise Failure(f"converting a model needs PyTorch and NumPy in Python, and {sys.executable} lacks them ({error}); in a "
                      "source tree run ./setup.sh import --list, which installs them, or install torch and numpy with pip "
                      "and name that Python in OLDFILM_PYTHON") from None
    words = [*([entry["importer"]] if "importer" in entry else []), *map(str, paths), "-o", str(package)]
    task = task or (entry.get("task", "") if entry.get("importer") == "ncnn" else "")
    words += ["--task", task] if task else []
    if entry.get("importer") == "ncnn":
        words += ["--manifest", json.dumps(stated(entry))]
    print("converting", flush=True)
    try:
        main.run(words)
    except ImportFailure as failure:
        raise Failure(str(failure)) from None


def stated(entry: dict) -> dict:
    """What the catalog knows, for the package's manifest."""
    fields = {key: entry[key] for key in ("title", "license", "authors", "paper") if key in entry}
    wheel = entry.get("wheel")
    source = f", from PyPI's {wheel['name']} {wheel['version']}" if wheel else ""
    return fields | {"id": entry["name"], "origin": entry.get("page", "not said") + source}


def check_room(folder: Path, paths: list[Path]) -> None:
    needed, free = GROWTH * sum(p.stat().st_size for p in paths if p.is_file()), shutil.disk_usage(folder).free
    if free < needed:
        raise Failure(f"expected {needed >> 20} MiB free in {folder}, found {free >> 20} MiB; free some space, or name another "
                      "folder in OLDFILM_MODEL_PATH")


def run(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("entry", type=json.loads)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--find-links", default="")
    parser.add_argument("--task", default="")
    options = parser.parse_intermixed_args(arguments)
    entry = options.entry
    with tempfile.TemporaryDirectory(prefix="oldfilm-models-") as name:
        folder = Path(name)
        if options.files:
            paths = options.files
            verify([p for p in paths if p.is_file()], entry.get("files", []))
        else:
            paths = unpacked(download(entry["wheel"], folder, options.find_links), entry["files"], folder)
        check_room(options.output.parent, paths)
        convert(entry, paths, options.output, options.task)


def main() -> int:
    arguments = sys.argv[1:]
    try:
        run(arguments)
        return 0
    except Failure as failure:
        print(f"oldfilm: {failure}", file=sys.stderr)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        print(f"oldfilm: {error.filename or 'a file'} cannot be written or read ({error.strerror or error}); "
              f"{'free some space, or name another folder in OLDFILM_MODEL_PATH' if full else 'check the path and its permissions'}",
              file=sys.stderr)
    except RuntimeError as error:  # PyTorch, whose writer says no more than this
        print(f"oldfilm: the package cannot be written ({str(error).splitlines()[0][:200]}); is the disk full? Free some space, "
              "or name another folder in OLDFILM_MODEL_PATH", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
