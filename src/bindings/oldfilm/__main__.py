"""The command `oldfilm`, as `python -m oldfilm` and as the script of the wheel: the program in the package."""
import os
import pathlib
import sys


def main() -> None:
    program = pathlib.Path(__file__).parent / "bin" / "oldfilm"
    if not program.exists():
        sys.exit(f"oldfilm: {program} was not found; it is part of the wheel (./setup.sh wheel)")
    os.execv(program, ["oldfilm", *sys.argv[1:]])


if __name__ == "__main__":
    main()
