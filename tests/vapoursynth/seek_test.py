"""Frames in any order, by any number of threads, are those of a stream."""

from __future__ import annotations

import tempfile
import threading
import unittest
from fractions import Fraction
from pathlib import Path

from films import LENGTH, SHOTS, Test, clip_of, core, decoded, frames_of, make_film, planes_of, shuffled, vs

CLEAN = ["deflicker", "scratch-removal:sensitivity=0.8"]


def film() -> vs.VideoNode:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mkv"
        make_film(path, "gray")
        return clip_of(decoded(path, "gray"))


def with_cuts(clip: vs.VideoNode) -> vs.VideoNode:
    def frame(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        made = f.copy()
        made.props["_SceneChangePrev"] = int(n in SHOTS)
        return made

    return core.std.ModifyFrame(clip, clip, frame)


class Seek(Test):
    def setUp(self) -> None:
        self.clip = film()

    def check(self, stages: list[str], clip: vs.VideoNode | None = None, **arguments: object) -> list[list[bytes]]:
        """Returns the frames of a stream, after others were compared with them."""
        clip = clip or self.clip
        linear = frames_of(core.oldfilm.Restore(clip, stages, **arguments))
        restored = core.oldfilm.Restore(clip, stages, **arguments)  # knows no shots yet
        for number in shuffled(restored.num_frames):
            with self.subTest(frame=number):
                self.assertEqual(planes_of(restored.get_frame(number)), linear[number])
        return linear

    def test_cuts_are_found(self) -> None:
        found = self.check(CLEAN)
        self.assertEqual(found, self.check(CLEAN, first_frames=SHOTS), "the cuts are others than those of the film")

    def test_cuts_are_listed(self) -> None:
        listed = self.check(CLEAN, first_frames=SHOTS)
        self.assertNotEqual(listed, self.check(CLEAN, shots="none"), "the list makes no difference")

    def test_cuts_are_properties(self) -> None:
        listed = frames_of(core.oldfilm.Restore(self.clip, CLEAN, first_frames=SHOTS))
        self.assertEqual(self.check(CLEAN, with_cuts(self.clip), shots="props"), listed)

    def test_stages_that_number_frames(self) -> None:
        self.check(["grain"])
        self.check(["grain", "interpolate:fps=24"], first_frames=SHOTS)

    def test_stages_that_analyze_shots(self) -> None:
        self.check(["denoise"], first_frames=SHOTS)

    def test_another_rate(self) -> None:
        self.check(["scratch-removal", "interpolate:fps=24"])
        self.check(["interpolate:fps=20"], first_frames=SHOTS)

    def test_no_rate(self) -> None:
        """Every third frame lasts twice as long."""
        def frame(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
            made = f.copy()
            made.props["_DurationNum"], made.props["_DurationDen"] = (2 if n % 3 == 0 else 1), 16
            return made

        parts = [self.clip[:15], core.std.AssumeFPS(self.clip[15:], fpsnum=17)]
        irregular = core.std.Splice(parts, mismatch=True)
        irregular = core.std.ModifyFrame(irregular, irregular, frame)
        self.assertEqual(irregular.fps, 0)
        restored = core.oldfilm.Restore(irregular, ["interpolate:fps=2x"])
        self.assertEqual((restored.num_frames, restored.fps), (2 * LENGTH, 0))
        self.check(["interpolate:fps=2x"], irregular)
        lasts = sum(Fraction(f.props["_DurationNum"], f.props["_DurationDen"]) for f in restored.frames(close=True))
        self.assertEqual(lasts, Fraction(sum(2 if n % 3 == 0 else 1 for n in range(LENGTH)), 16))

    def test_a_few_frames_of_many(self) -> None:
        restored = core.oldfilm.Restore(self.clip, CLEAN)
        linear = frames_of(restored)
        self.assertEqual(frames_of(core.std.SelectEvery(restored, 3, [1])), linear[1::3])
        backwards = core.std.Reverse(core.oldfilm.Restore(self.clip, CLEAN))
        self.assertEqual(frames_of(backwards), linear[::-1])

    def test_two_places_at_once(self) -> None:
        restored = core.oldfilm.Restore(self.clip, CLEAN)
        linear = frames_of(restored)
        again = core.oldfilm.Restore(self.clip, CLEAN)
        both = core.std.Interleave([again[:12], again[18:]])
        self.assertEqual(frames_of(both)[::2], linear[:12])
        self.assertEqual(frames_of(both)[1::2], linear[18:])

    def test_two_clips_at_once(self) -> None:
        expected = [frames_of(core.oldfilm.Restore(self.clip, CLEAN)),
                    frames_of(core.oldfilm.Restore(self.clip, ["superres:scale=2"]))]
        clips = [core.oldfilm.Restore(self.clip, CLEAN), core.oldfilm.Restore(self.clip, ["superres:scale=2"])]
        found: list[list[list[bytes]]] = [[], []]

        def read(number: int) -> None:
            found[number] = frames_of(clips[number])

        threads = [threading.Thread(target=read, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, expected)

    def test_one_after_the_other(self) -> None:
        """A clip that was restored by this plugin is restored once more."""
        first = core.oldfilm.Restore(self.clip, ["deflicker"])
        self.assertEqual(frames_of(core.oldfilm.ScratchRemoval(first, sensitivity=0.8, shots="none")),
                         frames_of(core.oldfilm.Restore(first, ["scratch-removal:sensitivity=0.8"], shots="none")))

    def test_threads(self) -> None:
        linear = frames_of(core.oldfilm.Restore(self.clip, CLEAN))
        usual = core.num_threads
        self.addCleanup(setattr, core, "num_threads", usual)
        for count in (1, 8):
            core.num_threads = count
            restored = core.oldfilm.Restore(self.clip, CLEAN)
            frames = list(restored.frames(prefetch=16, backlog=24, close=False))
            self.assertEqual([planes_of(frame) for frame in frames], linear)

    def test_memory_is_bounded(self) -> None:
        def resident() -> int:
            """In MiB."""
            return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20

        clip = core.std.BlankClip(format=vs.GRAY8, width=480, height=368, length=1200, keep=True)
        seen = []
        for number, _ in enumerate(core.oldfilm.Deflicker(clip, shots="none").frames(close=True)):
            if number % 300 == 299:
                seen.append(resident())
        self.assertLess(seen[-1] - seen[0], 80, f"MiB after each 300 frames: {seen}")

    def test_closed_in_the_middle(self) -> None:
        restored = core.oldfilm.Restore(self.clip, ["superres:scale=2"])
        future = restored.get_frame_async(20)
        restored.get_frame(3)
        del restored
        self.assertEqual(future.result().height, 2 * self.clip.height)


if __name__ == "__main__":
    unittest.main()
