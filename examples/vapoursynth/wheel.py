#!/usr/bin/env python3
"""wheel.py BUILD DIST: packs the VapourSynth plugin of a build tree as a wheel.

As other wheels of plugins do, it adds a folder to VapourSynth's own, from which VapourSynth loads everything. It holds
the plugin alone: the libraries and the stages come with the wheel `oldfilm`, LibTorch with `torch`, and run paths lead
there (examples/vapoursynth/CMakeLists.txt).
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = "vapoursynth/plugins/oldfilm"
TAG = "py3-none-linux_x86_64"
LICENSE = "BSD-3-Clause"
METADATA = """\
Metadata-Version: 2.4
Name: vapoursynth-oldfilm
Version: {version}
Summary: Film restoration with oldfilm, a plugin for VapourSynth
License-Expression: {license}
License-File: LICENSE
Requires-Python: >=3.12
Requires-Dist: vapoursynth>=75
Requires-Dist: oldfilm=={version}
Description-Content-Type: text/markdown

{page}"""
WHEEL = "Wheel-Version: 1.0\nGenerator: oldfilm\nRoot-Is-Purelib: false\nTag: {tag}\n"


def version() -> str:
    text = (ROOT / "include/oldfilm/version.hpp").read_text(encoding="utf-8")
    return ".".join(re.findall(r"define OLDFILM_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", text))


def installed(build: Path, prefix: Path) -> dict[str, bytes]:
    """What the component `vapoursynth` installs, by its path in the wheel."""
    command = ["cmake", "--install", str(build), "--prefix", str(prefix), "--component", "vapoursynth", "--strip"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    files = {f"{PLUGIN}/{file.name}": file.read_bytes() for file in sorted(prefix.rglob("*")) if file.is_file()}
    if f"{PLUGIN}/manifest.vs" not in files:
        sys.exit(f"wheel.py: the build in {build} must have the VapourSynth plugin, below its prefix, and has none; "
                 "configure it with -DOLDFILM_VAPOURSYNTH=ON, and without OLDFILM_VAPOURSYNTH_DIR")
    return files


def record(files: dict[str, bytes], name: str) -> bytes:
    lines = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(content)}\n")
    return "".join([*lines, f"{name},,\n"]).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("dist", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        files = installed(arguments.build, Path(name))
    info = f"vapoursynth_oldfilm-{version()}.dist-info"
    page = (ROOT / "docs/vapoursynth.md").read_text(encoding="utf-8")
    metadata = METADATA.format(version=version(), license=LICENSE, page=page)
    files[f"{info}/METADATA"] = metadata.encode()
    files[f"{info}/WHEEL"] = WHEEL.format(tag=TAG).encode()
    files[f"{info}/licenses/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    files[f"{info}/RECORD"] = record(files, f"{info}/RECORD")
    arguments.dist.mkdir(parents=True, exist_ok=True)
    wheel = arguments.dist / f"vapoursynth_oldfilm-{version()}-{TAG}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    print(wheel)


if __name__ == "__main__":
    main()
