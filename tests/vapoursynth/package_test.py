"""The wheel of the plugin, next to VapourSynth's own and the libraries, is found by the core without any variable."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

from films import BUILD, Test, vs

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import vapoursynth as vs
core = vs.core
clip = core.std.BlankClip(format=vs.GRAY8, width=64, height=48, length=3)
restored = core.oldfilm.Deflicker(clip)
print(core.oldfilm.plugin_path, restored.get_frame(2).props["OldfilmOrigin"])
"""


class Package(Test):
    def test_wheel(self) -> None:
        with tempfile.TemporaryDirectory(dir=BUILD / "tests") as name:
            site = Path(name)
            shutil.copytree(Path(vs.__file__).parent, site / "vapoursynth", ignore=shutil.ignore_patterns("plugins"))
            pack = [sys.executable, str(ROOT / "examples/vapoursynth/wheel.py"), str(BUILD), str(site / "dist")]
            wheel = subprocess.run(pack, check=True, capture_output=True, text=True).stdout.strip()
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(site)
            self.assertIn("liboldfilm-vs", (site / "vapoursynth/plugins/oldfilm/manifest.vs").read_text())
            # The wheel `oldfilm` has the tree of the installation in its package.
            (site / "oldfilm/lib/oldfilm").mkdir(parents=True)
            for library in (BUILD / "lib").glob("liboldfilm_*.so.0"):
                shutil.copy(library, site / "oldfilm/lib")
            environment = {key: value for key, value in os.environ.items() if "PLUGIN_PATH" not in key}
            environment |= {"PYTHONPATH": str(site), "OLDFILM_PLUGIN_PATH": str(BUILD / "plugins")}
            run = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True)
            self.assertEqual(run.stderr, "")
            path, origin = run.stdout.split()
            self.assertTrue(path.startswith(str(site)), path)
            self.assertEqual(origin, "decoded")


if __name__ == "__main__":
    unittest.main()
