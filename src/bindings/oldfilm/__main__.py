"""The command `oldfilm`, as `python -m oldfilm` and as the script of the wheel: the program in the package."""
import importlib.util
import os
import pathlib
import sys

PACKAGE = pathlib.Path(__file__).parent


def lead_to_torch() -> None:
    """The program finds LibTorch in the package torch next to this one; elsewhere, the loader needs its folder."""
    spec = importlib.util.find_spec("torch")
    if spec is not None and spec.origin is not None and not (PACKAGE.parent / "torch").exists():
        folders = [str(pathlib.Path(spec.origin).parent / "lib"), os.environ.get("LD_LIBRARY_PATH", "")]
        os.environ["LD_LIBRARY_PATH"] = ":".join(filter(None, folders))


def main() -> None:
    program = PACKAGE / "bin" / "oldfilm"
    if not program.exists():
        sys.exit(f"oldfilm: {program} was not found; it is part of the wheel (./setup.sh wheel)")
    lead_to_torch()
    os.execv(program, ["oldfilm", *sys.argv[1:]])


if __name__ == "__main__":
    main()
