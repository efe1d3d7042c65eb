"""The script of docs/vapoursynth.md runs, and the page names what there is."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

from films import Test, core, vs

PAGE = (Path(__file__).resolve().parents[2] / "docs/vapoursynth.md").read_text(encoding="utf-8")


class Docs(Test):
    def test_script(self) -> None:
        script = re.search(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
        assert script is not None
        exec(compile(script.group(1), "docs/vapoursynth.md", "exec"), {})
        self.addCleanup(vs.clear_outputs)
        smooth, masks = vs.get_output(0).clip, vs.get_output(1).clip
        self.assertEqual((smooth.width, smooth.height, smooth.fps, smooth.num_frames), (384, 288, 24, 72))
        self.assertEqual((smooth.format.id, masks.format.id), (vs.GRAY16, vs.GRAY16))
        for clip in (smooth, masks):
            self.assertEqual(sum(1 for _ in clip[:6].frames(close=True)), 6)

    def test_arguments(self) -> None:
        """The table has all arguments that functions share, and no others."""
        listed = re.findall(r"^\| `(\w+)` \|", PAGE[PAGE.index("| argument |"):PAGE.index("## Formats")], re.M)
        signature = next(f.signature for f in core.oldfilm.functions() if f.name == "Restore")
        arguments = [part.split(":")[0] for part in signature.split(";") if part]
        self.assertEqual(listed, [name for name in arguments if name not in ("clip", "stages", "preset")])

    def test_properties(self) -> None:
        listed = set(re.findall(r"`(Oldfilm\w+)`", PAGE[PAGE.index("| property |"):]))
        clip = core.std.BlankClip(format=vs.GRAY8, width=64, height=48, length=2)
        frame = core.oldfilm.Deflicker(clip, mask=1).get_frame(0)
        self.assertEqual(listed, {name for name in frame.props if name.startswith("Oldfilm")})


if __name__ == "__main__":
    unittest.main()
