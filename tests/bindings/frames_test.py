"""Frames, readers and writers: tensors without a copy, exact times, one LibTorch."""
import os
import pathlib
import sys
import tempfile
import threading
import time
import unittest
from fractions import Fraction

import films
import numpy as np
import torch

import oldfilm


class Tensors(unittest.TestCase):
    def test_a_frame_shares_the_memory_of_its_tensor(self) -> None:
        tensor = films.picture(3)
        frame = oldfilm.Frame(tensor)
        self.assertEqual(frame.picture.data_ptr(), tensor.data_ptr())
        self.assertEqual(torch.from_dlpack(frame).data_ptr(), tensor.data_ptr())
        self.assertEqual(frame.numpy().ctypes.data, tensor.data_ptr())
        self.assertEqual(np.asarray(frame).ctypes.data, tensor.data_ptr())
        self.assertEqual(np.from_dlpack(frame).ctypes.data, tensor.data_ptr())

    def test_the_memory_lives_as_long_as_a_tensor_of_it(self) -> None:
        picture = oldfilm.Frame(films.picture(3)).picture
        array = oldfilm.Frame(films.picture(4)).numpy()
        self.assertTrue(torch.equal(picture, films.picture(3)))
        self.assertTrue(np.array_equal(array, films.picture(4).numpy()))

    def test_strides_and_arrays_are_taken_as_they_are(self) -> None:
        turned = films.picture(3).permute(1, 2, 0).contiguous().permute(2, 0, 1)
        self.assertEqual(oldfilm.Frame(turned).picture.stride(), turned.stride())
        array = films.picture(5).numpy()
        self.assertEqual(oldfilm.Frame(array).picture.data_ptr(), array.ctypes.data)
        learned = films.picture(1).requires_grad_()
        self.assertFalse(oldfilm.Frame(learned).picture.requires_grad)

    def test_arrays_of_frames_are_read_only_and_copies_are_not(self) -> None:
        frame = films.frame(0)
        with self.assertRaises(ValueError):
            frame.numpy()[0, 0, 0] = 1
        np.array(frame)[0, 0, 0] = 1
        self.assertEqual(np.asarray(frame, dtype=np.float64).dtype, np.float64)

    def test_masks_are_shared_and_dropped(self) -> None:
        mask = torch.zeros(1, films.HEIGHT, films.WIDTH)
        frame = films.frame(0)
        self.assertIsNone(frame.mask)
        marked = frame.with_mask(mask)
        found = marked.mask
        assert found is not None
        self.assertEqual(found.data_ptr(), mask.data_ptr())
        self.assertEqual(marked.picture.data_ptr(), frame.picture.data_ptr())
        self.assertIsNone(marked.with_mask(None).mask)

    def test_what_is_no_picture_is_refused(self) -> None:
        with self.assertRaises(oldfilm.Error) as refused:
            oldfilm.Frame(torch.zeros(2, 4, 4))
        self.assertEqual(refused.exception.code, "format_mismatch")
        self.assertIn("2", str(refused.exception))
        with self.assertRaises(TypeError):
            oldfilm.Frame("a picture")  # type: ignore[arg-type]

    def test_the_process_has_one_libtorch(self) -> None:
        maps = pathlib.Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
        for name in ("libtorch_cpu.so", "libc10.so"):
            found = {os.path.realpath(line.split(maxsplit=5)[5]) for line in maps if line.endswith("/" + name)}
            self.assertEqual(found, {os.path.realpath(pathlib.Path(torch.__file__).parent / "lib" / name)})


class Files(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_what_was_written_is_read(self) -> None:
        path = films.write(self.folder / "film.mkv")
        info = oldfilm.inspect_media(path)
        self.assertEqual((info.codec, info.width, info.height), ("ffv1", films.WIDTH, films.HEIGHT))
        with oldfilm.Reader(path) as reader:
            self.assertEqual(reader.format.rate, films.RATE)
            frames = list(reader)
        self.assertEqual(len(frames), 12)
        for number, frame in enumerate(frames):
            self.assertEqual(frame.time, Fraction(number, 16))
            self.assertEqual((frame.index, frame.origin), (number, "decoded"))
            self.assertLess((frame.picture - films.picture(number)).abs().max().item(), 1e-6)

    def test_parts_of_a_film(self) -> None:
        path = films.write(self.folder / "film.mkv")
        reader = oldfilm.Reader(path, start="0.25", duration=Fraction(1, 4))
        self.assertTrue(reader.skip())
        frames = list(reader)
        self.assertEqual(len(frames), 3)
        self.assertIsNone(reader.next())
        self.assertLess((frames[0].picture - films.picture(5)).abs().max().item(), 1e-6)
        self.assertEqual(next(iter(oldfilm.Reader(path, source_fps=24))).duration, 1)

    def test_a_closed_reader_says_so(self) -> None:
        reader = oldfilm.Reader(films.write(self.folder / "film.mkv"))
        reader.close()
        with self.assertRaises(oldfilm.Error) as closed:
            reader.next()
        self.assertEqual(closed.exception.code, "invalid_argument")

    def test_reading_lets_other_threads_work(self) -> None:
        """No thread is made to give up the GIL here, so another one works only where the reader releases it."""
        self.addCleanup(sys.setswitchinterval, sys.getswitchinterval())
        done = threading.Event()
        steps = []

        def count() -> None:
            while not done.wait(0):
                steps.append(len(steps))
                time.sleep(1e-5)

        reader = oldfilm.Reader(films.write(self.folder / "film.mkv", 96))
        sys.setswitchinterval(1000)
        threading.Thread(target=count).start()
        before = len(steps)
        while reader.next():
            pass
        after = len(steps)
        done.set()
        self.assertGreater(after, before)

    def test_an_exception_leaves_no_file(self) -> None:
        path = self.folder / "broken.mkv"
        with self.assertRaises(KeyError):
            with oldfilm.Writer(path, films.stream()) as writer:
                writer.write(films.frame(0))
                raise KeyError("broken")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_writer_outlives_the_reader_that_it_copies_from(self) -> None:
        source = films.write(self.folder / "film.mkv")
        with oldfilm.Reader(source) as reader:
            frames = list(reader)
            writer = oldfilm.Writer(self.folder / "copy.mkv", reader.format, source=reader, codec="ffv1",
                                    pixel_format="gbrp")
        del reader
        for frame in frames:
            writer.write(frame)
        writer.finish()
        for before, after in zip(frames, oldfilm.Reader(self.folder / "copy.mkv"), strict=True):
            self.assertTrue(torch.equal(before.picture, after.picture))

    def test_errors_have_codes(self) -> None:
        with self.assertRaises(oldfilm.Error) as missing:
            oldfilm.inspect_media(self.folder / "no-such-film.mkv")
        self.assertEqual(missing.exception.code, "not_found")
        self.assertIn("no-such-film.mkv", str(missing.exception))
        (self.folder / "text.mkv").write_text("not a film", encoding="utf-8")
        with self.assertRaises(oldfilm.Error) as unreadable:
            oldfilm.Reader(self.folder / "text.mkv")
        self.assertEqual(unreadable.exception.code, "unreadable")
        self.assertIsInstance(unreadable.exception, RuntimeError)

    def test_facts_of_a_film(self) -> None:
        facts = oldfilm.analyze_film(films.write(self.folder / "film.mkv"), places=4)
        self.assertEqual((facts.width, facts.height), (films.WIDTH, films.HEIGHT))
        self.assertEqual(facts.coloring, "color")
        self.assertGreater(facts.shots[0].frames, 0)
        self.assertIn('"coloring"', facts.to_json())


if __name__ == "__main__":
    unittest.main()
