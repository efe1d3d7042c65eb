"""docs_test.py PAGE... [--mypy CACHE]: runs the Python examples of pages and notebooks, in order, next to a film.mkv.
With --mypy, checks them and the package with mypy --strict instead, which needs no PyTorch that can be imported.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import re
import runpy
import subprocess
import sys
import tempfile


def examples(page: pathlib.Path) -> list[str]:
    """The blocks of code of a Markdown page; of a notebook, all of its cells as one."""
    if page.suffix == ".ipynb":
        cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
        return ["\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code") + "\n"]
    found = re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
    if not found:
        sys.exit(f"{page} has no examples")
    return found


def check_types(names: list[str], folder: pathlib.Path, cache: str) -> int:
    if importlib.util.find_spec("mypy") is None:
        print(f"skipped: {sys.executable} has no mypy; ./setup.sh test installs it")
        return 77
    # torch's own annotations are not the matter here.
    mypy = [sys.executable, "-m", "mypy", "--cache-dir", cache, "--strict", "--follow-imports=silent"]
    what = (names, ["-p", "oldfilm"])
    return max(subprocess.run([*mypy, *words], cwd=folder, check=False).returncode for words in what)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", type=pathlib.Path, nargs="+")
    parser.add_argument("--mypy")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        names = []
        for number, text in enumerate(text for page in arguments.pages for text in examples(page)):
            names.append(f"example_{number}.py")
            (folder / names[-1]).write_text(text, encoding="utf-8")
        if arguments.mypy:
            return check_types(names, folder, arguments.mypy)
        import films  # next to this file; needs PyTorch

        films.write(folder / "film.mkv", 24)
        os.chdir(folder)
        for example in names:
            print(f"== {example}", flush=True)
            runpy.run_path(example)  # of its own globals
        print(f"{len(names)} examples ran")
    return 0


if __name__ == "__main__":
    sys.exit(main())
