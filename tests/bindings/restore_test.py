"""Restoration of files: progress, messages, Ctrl-C, and the bytes of the command line."""
import logging
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import films
import torch

import oldfilm

PROGRAM = pathlib.Path(os.environ["OLDFILM_PROGRAM"])  # the command line of the same build


class Slow(oldfilm.Stage):
    """Takes its time, and counts its frames in all runs."""

    seconds = 0.02

    def __init__(self) -> None:
        self.done: list[int] = []

    def process(self, window: oldfilm.Window) -> torch.Tensor:
        time.sleep(self.seconds)
        self.done.append(window.index)
        return window.center.picture


class Failing(oldfilm.Stage):
    def process(self, window: oldfilm.Window) -> None:
        raise ZeroDivisionError("by nothing")


class Restore(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.film = films.write(self.folder / "film.mkv", 48, cut=24)
        self.output = self.folder / "out.mkv"

    def test_the_command_line_makes_the_same_file(self) -> None:
        result = oldfilm.restore(self.film, self.output, ["deflicker", "superres:scale=2"], device="cpu", codec="ffv1")
        self.assertEqual((result.frames_in, result.frames_out, result.concealed), (48, 48, 0))
        self.assertEqual(result.stats.shots, [0, 24])
        other = self.folder / "other.mkv"
        subprocess.run([PROGRAM, "restore", self.film, other, "--stage", "deflicker", "--stage", "superres:scale=2",
                        "--device", "cpu", "--codec", "ffv1"],
                       check=True, capture_output=True,
                       env=os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())})
        self.assertEqual(self.output.read_bytes(), other.read_bytes())

    def test_progress_is_told_on_the_calling_thread(self) -> None:
        calls: list[tuple[int, int | None, int]] = []
        oldfilm.restore(self.film, self.output, [Slow()], device="cpu",
                        progress=lambda p: calls.append((p.frames_in, p.frames_total, threading.get_ident())))
        self.assertGreater(len(calls), 2)
        self.assertEqual(calls[-1][:2], (48, 48))
        self.assertEqual({one[2] for one in calls}, {threading.get_ident()})
        oldfilm.restore(self.film, self.folder / "bar.mkv", progress=True)

    def test_an_exception_of_progress_stops_the_job(self) -> None:
        def enough(progress: oldfilm.Progress) -> None:
            raise LookupError("seen enough")

        with self.assertRaisesRegex(LookupError, "seen enough"):
            oldfilm.restore(self.film, self.output, [Slow()], device="cpu", progress=enough)
        self.assertFalse(self.output.exists())

    def interrupted(self, stage: Slow) -> float:
        """Seconds from Ctrl-C, in the second of four shots, to the end of the job."""
        films.write(self.film, 96, cut=24)
        sent: list[float] = []

        def interrupt() -> None:
            while len(stage.done) < 40:
                time.sleep(0.01)
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        with self.assertRaises(KeyboardInterrupt):
            oldfilm.restore(self.film, self.output, [stage], device="cpu")
        ended = time.monotonic()
        self.assertFalse(self.output.exists())
        return ended - sent[0]

    def test_ctrl_c_stops_a_job_which_resumes(self) -> None:
        slow = Slow()
        slow.seconds = 0.04
        self.assertLess(self.interrupted(slow), 1)
        slow.seconds = 0
        result = oldfilm.restore(self.film, self.output, [slow], device="cpu")
        self.assertEqual(result.frames_in, 96)
        self.assertGreaterEqual(result.resumed, 24)  # the first shot, at least
        self.assertEqual(len(list(oldfilm.Reader(self.output))), 96)

    def test_other_threads_work_meanwhile(self) -> None:
        steps = 0
        done = threading.Event()

        def count() -> None:
            nonlocal steps
            while not done.is_set():
                steps += 1
                time.sleep(0.001)

        counter = threading.Thread(target=count)
        counter.start()
        result = oldfilm.restore(self.film, self.output, ["superres:scale=2"], device="cpu")
        done.set()
        counter.join()
        self.assertGreater(steps, 20 * result.seconds)

    def test_errors(self) -> None:
        with self.assertRaises(oldfilm.Error) as failed:
            oldfilm.restore(self.film, self.output, [Failing()], device="cpu")
        self.assertEqual(failed.exception.code, "stage_failed")
        self.assertIn("ZeroDivisionError: by nothing", str(failed.exception))
        self.assertFalse(self.output.exists())
        with self.assertRaises(oldfilm.Error) as unknown:
            oldfilm.restore(self.film, self.output, missing="sometimes")
        self.assertEqual(unknown.exception.code, "invalid_argument")
        with self.assertRaisesRegex(TypeError, "options of its own"):
            oldfilm.restore(self.film, self.output, oldfilm.Pipeline(), device="cpu")
        with self.assertRaisesRegex(TypeError, "list of stages"):
            oldfilm.restore(self.film, self.output, "deflicker")

    def test_another_setting_does_not_resume(self) -> None:
        stage = Slow()
        stage.seconds = 0.04
        stage.parameters = {"level": 1}
        self.interrupted(stage)
        stage.parameters = {"level": 2}
        with self.assertRaises(oldfilm.Error) as other:
            oldfilm.restore(self.film, self.output, [stage], device="cpu")
        self.assertEqual(other.exception.code, "incompatible")
        self.assertTrue(oldfilm.clean(self.output))

    def test_messages_go_to_logging_or_a_function(self) -> None:
        film = self.folder / "short.mkv"
        film.write_bytes(self.film.read_bytes()[:-3000])
        with self.assertLogs("oldfilm", logging.WARNING) as logged:
            oldfilm.restore(film, self.output)
        self.assertTrue(logged.output)
        heard: list[tuple[str, str]] = []
        oldfilm.restore(film, self.output, overwrite=True, log=lambda level, text: heard.append((level, text)))
        self.assertIn("warning", {level for level, _ in heard})


if __name__ == "__main__":
    unittest.main()
