"""What the plugin returns is what `oldfilm restore` writes, to the bit."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from films import Test, clip_of, core, decoded, frames_of, make_film, restored, vs

CLEAN = ["deflicker", "scratch-removal:sensitivity=0.8"]


class Equality(Test):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def check_gray(self, pixel_format: str, stages: list[str], *options: str, full_range: bool = True,
                   scale: int = 1) -> vs.VideoNode:
        film, output = self.folder / "film.mkv", self.folder / "restored.mkv"
        make_film(film, pixel_format, "-c:v", "ffv1", *options)
        restored(film, output, *stages, options=("--codec", "ffv1"))
        source = decoded(film, pixel_format)
        clip = core.oldfilm.Restore(clip_of(source, full_range=full_range), stages)
        expected = decoded(output, pixel_format, scale * source.width, scale * source.height)
        self.assertEqual((clip.width, clip.height), (expected.width, expected.height))
        self.assert_frames(frames_of(clip), expected.frames)
        if scale == 1:
            self.assertNotEqual(expected.frames[:len(source.frames)], source.frames, "nothing was restored")
        return clip

    def test_gray_8(self) -> None:
        self.check_gray("gray", CLEAN)

    def test_gray_16(self) -> None:
        self.check_gray("gray16le", CLEAN)

    def test_gray_10_of_limited_range(self) -> None:
        self.check_gray("gray10le", CLEAN, "-color_range", "tv", full_range=False)

    def test_stages_that_number_frames(self) -> None:
        self.check_gray("gray", ["grain"])

    def test_another_size(self) -> None:
        self.check_gray("gray", ["superres:scale=2"], scale=2)

    def test_another_rate(self) -> None:
        clip = self.check_gray("gray", ["scratch-removal", "interpolate:fps=24"])
        self.assertEqual((clip.fps, clip.num_frames), (24, 45))

    def test_rgb(self) -> None:
        for pixel_format, png in (("gbrp", "rgb24"), ("gbrp16le", "rgb48be")):
            with self.subTest(pixel_format):
                source, output = self.folder / f"{png}-%03d.png", self.folder / f"{png}-restored-%03d.png"
                make_film(source, png, "-c:v", "png")
                restored(source, output, *CLEAN, options=("--source-fps", "16"))
                clip = core.oldfilm.Restore(clip_of(decoded(source, pixel_format)), CLEAN)
                self.assert_frames(frames_of(clip), decoded(output, pixel_format).frames)

    def test_float(self) -> None:
        """Float samples are the values that integer ones stand for, before they are rounded."""
        film = self.folder / "film.mkv"
        make_film(film, "gray16le")
        clip = clip_of(decoded(film, "gray16le"))
        values = core.std.Expr(clip, "x 65535 /", vs.GRAYS)
        result = core.oldfilm.Restore(values, ["superres:scale=2"], precision="float32")
        self.assertEqual(result.format.id, vs.GRAYS)
        rounded = core.std.Expr(result, "x 65535 *", vs.GRAY16)
        expected = core.oldfilm.Restore(clip, ["superres:scale=2"], precision="float32")
        stats = core.std.PlaneStats(rounded, expected)
        for frame in stats.frames(close=True):
            self.assertLess(frame.props["PlaneStatsDiff"], 0.6 / 65535)


if __name__ == "__main__":
    unittest.main()
