"""The functions, their arguments, what they set in frames, and their errors."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from films import BUILD, SHOTS, Test, clip_of, core, decoded, frames_of, make_film, planes_of, vs


def film() -> vs.VideoNode:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mkv"
        make_film(path, "gray")
        return clip_of(decoded(path, "gray"))


class Functions(Test):
    def setUp(self) -> None:
        self.clip = film()

    def test_names_and_arguments(self) -> None:
        functions = {function.name: function.signature for function in core.oldfilm.functions()}
        self.assertLessEqual({"Restore", "ScratchRemoval", "Superres", "Interpolate", "Deflicker"}, set(functions))
        self.assertIn("sensitivity:float:opt;", functions["ScratchRemoval"])
        self.assertIn("scale:float:opt;", functions["Superres"])
        self.assertIn("stages:data[]:opt;", functions["Restore"])
        for signature in functions.values():
            self.assertTrue(signature.startswith("clip:vnode;"))
            self.assertIn("first_frames:int[]:opt;", signature)

    def test_a_stage_is_a_function(self) -> None:
        self.assertEqual(frames_of(core.oldfilm.ScratchRemoval(self.clip, sensitivity=0.8)),
                         frames_of(core.oldfilm.Restore(self.clip, ["scratch-removal:sensitivity=0.8"])))

    def test_presets(self) -> None:
        restored = core.oldfilm.Restore(self.clip, ["grain"], preset="tv-archive")
        self.assertEqual((restored.width, restored.height), (2 * self.clip.width, 2 * self.clip.height))

    def test_color(self) -> None:
        colored = core.oldfilm.Colorize(self.clip)
        self.assertEqual(colored.format.id, vs.RGB24)
        props = colored.get_frame(0).props
        self.assertEqual(props["_Matrix"], vs.MATRIX_RGB)
        self.assertNotIn("_Range", props)

    def test_yuv(self) -> None:
        yuv = core.resize.Bicubic(self.clip, format=vs.YUV420P8, matrix_s="170m")
        restored = core.oldfilm.Deflicker(yuv)
        self.assertEqual(restored.format.id, vs.RGBS)
        rgb = core.resize.Bicubic(yuv, format=vs.RGBS)
        self.assertEqual(frames_of(restored), frames_of(core.oldfilm.Deflicker(rgb)))
        unknown = core.oldfilm.Deflicker(core.std.RemoveFrameProps(yuv, ["_Matrix"]))
        with self.assertRaisesRegex(vs.Error, "colorspace"):
            unknown.get_frame(0)

    def test_masks(self) -> None:
        restored = core.oldfilm.ScratchRemoval(self.clip, sensitivity=0.8, mask=1)
        masks = core.std.PropToClip(restored, prop="OldfilmMask")
        self.assertEqual(masks.format.id, vs.GRAY8)
        repaired = 0
        for before, after, mask in zip(self.clip.frames(), restored.frames(), masks.frames()):
            changed = [a != b for a, b in zip(planes_of(before)[0], planes_of(after)[0])]
            marked = [m > 0 for m in planes_of(mask)[0]]
            self.assertFalse(any(c and not m for c, m in zip(changed, marked)), "something else was changed")
            repaired += any(changed)
        self.assertGreater(repaired, 2)
        self.assertNotIn("OldfilmMask", core.oldfilm.ScratchRemoval(self.clip).get_frame(0).props)

    def test_properties(self) -> None:
        clip = core.std.SetFrameProps(self.clip, Own="the clip's")
        frames = list(core.oldfilm.Restore(clip, ["interpolate:fps=24"]).frames())
        self.assertEqual([n for n, f in enumerate(frames) if f.props["_SceneChangePrev"]], [15, 32])
        self.assertEqual([f.props["OldfilmShot"] for f in frames], [0] * 15 + [1] * 17 + [2] * 13)
        for number, frame in enumerate(frames):
            self.assertEqual((frame.props["_DurationNum"], frame.props["_DurationDen"]), (1, 24))
            self.assertAlmostEqual(frame.props["OldfilmTime"], number / 24)
            self.assertEqual(frame.props["OldfilmSource"], number * 2 // 3)
            self.assertEqual(frame.props["Own"], "the clip's")
        self.assertEqual([frames[n].props["OldfilmOrigin"] for n in (0, 1, 3, 14)],
                         ["decoded", "interpolated", "decoded", "held"])

    def test_cuts_from_a_file(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as shots:
            shots.write("\n".join(str(first) for first in SHOTS))
            shots.flush()
            restored = core.oldfilm.Deflicker(self.clip, shots=shots.name)
            self.assertEqual([restored.get_frame(n).props["OldfilmShot"] for n in (9, 10, 20, 21)], [0, 1, 1, 2])


class Errors(Test):
    def setUp(self) -> None:
        self.clip = core.std.BlankClip(format=vs.GRAY8, width=64, height=48, length=5)

    def check(self, sentence: str, call: str, *arguments: object, **named: object) -> None:
        with self.assertRaisesRegex(vs.Error, sentence):
            getattr(core.oldfilm, call)(*arguments, **named)

    def test_arguments(self) -> None:
        self.check("stages or a preset are needed", "Restore", self.clip)
        self.check('there is no stage "sharpen"|no stage', "Restore", self.clip, ["sharpen"])
        self.check("sensitivity", "Restore", self.clip, ["scratch-removal:sensitivity=7"])
        self.check("sensitivity", "ScratchRemoval", self.clip, sensitivity=7)
        self.check("preset", "Restore", self.clip, preset="talkie")
        self.check("precision", "Deflicker", self.clip, precision="int3")
        self.check("device", "Deflicker", self.clip, device="abacus")
        self.check("increase from 0", "Deflicker", self.clip, first_frames=[5, 3])
        self.check("pass only one", "Deflicker", self.clip, first_frames=[3], shots="none")
        self.check("cuts.edl", "Deflicker", self.clip, shots="cuts.edl")
        self.check("size of the clip", "Superres", self.clip, mask=1)

    def test_formats(self) -> None:
        for half in (vs.GRAYH, vs.RGBH):
            self.check("convert it with core.resize.Point", "Deflicker",
                       core.std.BlankClip(format=half, length=5))
        self.check("found Gray32", "Deflicker", core.std.BlankClip(format=vs.GRAY32, length=5))
        varying = core.std.BlankClip(format=vs.GRAY8, varsize=1, length=5)
        self.check("one size, and it varies", "Deflicker", varying)

    def test_a_rate_is_needed(self) -> None:
        irregular = core.std.Splice([self.clip, core.std.AssumeFPS(self.clip, fpsnum=17)], mismatch=True)
        self.assertEqual(irregular.fps, 0)
        self.check("core.std.AssumeFPS", "Interpolate", irregular, fps="24")
        without = core.std.RemoveFrameProps(irregular, ["_DurationNum"])
        with self.assertRaisesRegex(vs.Error, "must have a duration"):
            core.oldfilm.Deflicker(without).get_frame(0)

    def test_frames_of_the_clip(self) -> None:
        def broken(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
            if n == 30:
                raise ValueError("a scratched disc")
            return f

        clip = self.clip * 10
        clip = core.std.ModifyFrame(clip, clip, broken)
        restored = core.oldfilm.Deflicker(clip, shots="none")
        restored.get_frame(5)
        with self.assertRaisesRegex(vs.Error, "a scratched disc"):
            restored.get_frame(30)
        self.assertEqual(restored.get_frame(6).height, 48)  # it works again

    def test_stages_that_fail(self) -> None:
        folder = str(BUILD / "tests/plugins")
        restored = core.oldfilm.Restore(self.clip, ["test-throws-in-process"], plugin_path=[folder])
        for _ in range(2):
            with self.assertRaisesRegex(vs.Error, "test-throws-in-process"):
                restored.get_frame(0)


if __name__ == "__main__":
    unittest.main()
