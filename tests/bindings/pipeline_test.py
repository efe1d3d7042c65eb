"""Pipelines, plans, runs, and stages written in Python."""
import ast
import copy
import gc
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest
from collections.abc import Iterator

import films
import torch

import oldfilm


class Negative(oldfilm.Stage):
    """Turns black into white."""

    def process(self, window: oldfilm.Window) -> torch.Tensor:
        return 1 - window.center.picture


class Mean(oldfilm.Stage):
    """The mean of a window."""

    window = (1, 1)

    def process(self, window: oldfilm.Window) -> torch.Tensor:
        return torch.stack([frame.picture for frame in window]).mean(0)


class Gain(oldfilm.Stage):
    """Multiplies, counts its frames, and marks them as repaired."""

    parameters = {"gain": 1.0, "passes": 1, "label": "", "marks": True}
    count = 0

    def process(self, window: oldfilm.Window) -> tuple[torch.Tensor, torch.Tensor] | torch.Tensor | None:
        self.count += 1
        picture = window.center.picture * self.parameters["gain"]
        return (picture, torch.ones_like(picture[:1])) if self.parameters["marks"] else None


class Half(oldfilm.Stage):
    """Half the size."""

    def configure(self, format: oldfilm.StreamFormat) -> oldfilm.StreamFormat:
        output = copy.copy(format)
        output.height, output.width = format.height // 2, format.width // 2
        return output

    def process(self, window: oldfilm.Window) -> torch.Tensor:
        return window.center.picture[:, ::2, ::2].contiguous()


class Plain:
    """A class that derives from nothing, and keeps the shots that it saw."""

    def __init__(self) -> None:
        self.shots: list[int] = []
        self.resets = [0]  # a list: shared by the copies of all runs

    def reset(self) -> None:
        self.resets[0] += 1

    def process(self, window: oldfilm.Window) -> None:
        self.shots.append(window.center.shot)


class Failing(oldfilm.Stage):
    """Fails at its third frame."""

    def process(self, window: oldfilm.Window) -> None:
        if window.index == 2:
            raise ValueError("the third frame is one too many")


def restored(pipeline: oldfilm.Pipeline, count: int = 12, cut: int | None = None) -> list[oldfilm.Frame]:
    frames = (films.frame(n, 0 if cut is None else n // cut) for n in range(count))
    with pipeline.start(films.stream(count), frames) as run:
        return list(run)


class Pipelines(unittest.TestCase):
    def test_stages_are_described(self) -> None:
        pipeline = oldfilm.Pipeline(device="cpu").add("deflicker").add("superres:model=fidelity", scale=2)
        self.assertEqual([stage.id for stage in pipeline.stages], ["deflicker", "superres"])
        self.assertEqual(pipeline.stages[1].parameters["scale"], 2)
        document = json.loads(pipeline.to_json())
        again = oldfilm.Pipeline.from_json(pipeline.to_json())
        self.assertEqual(json.loads(again.to_json()), document)
        self.assertEqual(len(again), 2)

    def test_presets_and_plugins(self) -> None:
        self.assertIn("silent-film", oldfilm.preset_names())
        self.assertGreater(len(oldfilm.Pipeline.preset("silent-film")), 2)
        found = {plugin.name: plugin for plugin in oldfilm.plugins()}
        parameters = {row.name: row for row in found["superres"].parameters}
        self.assertEqual(parameters["scale"].type, "number")
        self.assertEqual(found["superres"].refused, "")
        self.assertRegex(oldfilm.version(), r"^\d+\.\d+\.\d+$")

    def test_what_is_wrong_is_refused(self) -> None:
        pipeline = oldfilm.Pipeline()
        for stage, code in (("no-such-stage", "not_found"), ("deflicker:no=1", "invalid_argument")):
            with self.assertRaises(oldfilm.Error) as refused:
                pipeline.add(stage)
            self.assertEqual(refused.exception.code, code)
        with self.assertRaisesRegex(TypeError, "no option 'devices'"):
            oldfilm.Pipeline(devices="cpu")  # type: ignore[call-arg]
        with self.assertRaisesRegex(TypeError, "method process"):
            pipeline.add(Negative)  # type: ignore[arg-type]
        self.assertEqual(len(pipeline), 0)

    def test_a_plan_knows_the_output(self) -> None:
        plan = oldfilm.Pipeline(device="cpu").add("superres", scale=2).plan(films.stream())
        self.assertEqual((plan.output.height, plan.output.width), (96, 128))
        self.assertEqual(plan.output.rate, films.RATE)
        self.assertEqual(json.loads(plan.to_json())["device"], "cpu")
        self.assertLessEqual(plan.first_frame_needed_for(5, 0), 5)


class Stubs(unittest.TestCase):
    """The stubs are written by hand: they name what there is, with its arguments."""

    def check_function(self, function: ast.FunctionDef, found: object, where: str) -> None:
        arguments = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
        signature = (getattr(found, "__doc__", None) or "").partition("\n")[0]
        if signature.startswith(function.name + "(") and not function.name.startswith("__"):
            for argument in arguments:
                self.assertRegex(signature, rf"\b{argument.arg}\b", f"{where}.{function.name}")

    def test_names(self) -> None:
        module = oldfilm._core  # type: ignore[attr-defined]
        text = (pathlib.Path(module.__file__).parent / "_core.pyi").read_text(encoding="utf-8")
        named = {node.name: node for node in ast.parse(text).body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
        self.assertEqual({name for name in vars(module) if not name.startswith("_")}, named.keys() - {
            "SupportsDLPack", "StagePart"})
        for name, node in named.items():
            if isinstance(node, ast.FunctionDef):
                self.check_function(node, getattr(module, name), "oldfilm")
            elif hasattr(module, name):
                self.check_class(node, getattr(module, name))

    def check_class(self, node: ast.ClassDef, kind: type) -> None:
        members: dict[str, ast.FunctionDef | None] = {}
        for item in node.body:
            if isinstance(item, ast.FunctionDef):
                members[item.name] = item
            elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                members[item.target.id] = None
        self.assertEqual({name for name in vars(kind) if not name.startswith("_")},
                         {name for name in members if not name.startswith("_")}, node.name)
        for name, function in members.items():
            self.assertTrue(hasattr(kind, name), f"{node.name}.{name}")
            if function is not None:
                self.check_function(function, getattr(kind, name), node.name)


class Runs(unittest.TestCase):
    def test_frames_are_pushed_and_taken(self) -> None:
        with oldfilm.Pipeline(device="cpu").add(Negative()).start(films.stream()) as run:
            taken = []
            for number in range(12):
                while not run.push(films.frame(number)):
                    taken += list(run)
            self.assertFalse(run.ended)
            run.finish()
            taken += list(run)
            self.assertTrue(run.ended)
            self.assertIsNone(run.next())
            self.assertEqual(run.progress().frames_out, 12)
            self.assertEqual(run.stats().shots, [0])
        self.assertEqual([frame.index for frame in taken], list(range(12)))
        with self.assertRaisesRegex(oldfilm.Error, "closed"):
            run.next()

    def test_frames_pass_without_a_copy(self) -> None:
        frame = films.frame(0)
        with oldfilm.Pipeline(device="cpu").add(Plain()).start(films.stream()) as run:
            run.push(frame)
            run.finish()
            self.assertEqual(next(run).picture.data_ptr(), frame.picture.data_ptr())

    def test_a_run_pulls_from_a_reader(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            reader = oldfilm.Reader(films.write(pathlib.Path(folder) / "film.mkv"))
            run = oldfilm.Pipeline(device="cpu").add("deflicker").start(reader.format, reader)
            self.assertEqual(len(list(run)), 12)

    def test_what_the_source_raises_is_raised(self) -> None:
        def source() -> Iterator[oldfilm.Frame]:
            yield films.frame(0)
            raise KeyError("the reel broke")

        run = oldfilm.Pipeline(device="cpu").add(Negative()).start(films.stream(), source())
        with self.assertRaisesRegex(KeyError, "the reel broke"):
            list(run)

    def test_a_run_can_be_canceled_by_another_thread(self) -> None:
        def source() -> Iterator[oldfilm.Frame]:
            for number in range(1_000_000):
                yield films.frame(number)

        run = oldfilm.Pipeline(device="cpu").add(Negative()).start(films.stream(-1), source())
        threading.Timer(0.3, run.cancel).start()
        with self.assertRaises(oldfilm.Error) as ended:
            for _ in run:
                pass
        self.assertEqual(ended.exception.code, "cancelled")

    def test_python_ends_while_a_run_works(self) -> None:
        program = """
import films, oldfilm, pipeline_test
def source():
    for number in range(1_000_000):
        yield films.frame(number)
run = oldfilm.Pipeline(device="cpu").add(pipeline_test.Negative()).start(films.stream(-1), source())
print(next(run).index)
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120,
                              cwd=pathlib.Path(__file__).parent, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "0\n", ""))


class Stages(unittest.TestCase):
    def test_pictures_of_a_stage(self) -> None:
        for number, frame in enumerate(restored(oldfilm.Pipeline(device="cpu").add(Negative()))):
            self.assertTrue(torch.equal(frame.picture, 1 - films.picture(number)))

    def test_windows(self) -> None:
        frames = restored(oldfilm.Pipeline(device="cpu", shots="none").add(Mean()))
        wanted = torch.stack([films.picture(n) for n in (4, 5, 6)]).mean(0)
        self.assertTrue(torch.equal(frames[5].picture, wanted))
        wanted = torch.stack([films.picture(n) for n in (0, 0, 1)]).mean(0)
        self.assertTrue(torch.equal(frames[0].picture, wanted))

    def test_parameters_and_masks(self) -> None:
        stage = Gain()
        pipeline = oldfilm.Pipeline(device="cpu").add(stage, gain=0.5, label="dark")
        self.assertEqual(pipeline.stages[0].parameters["gain"], 0.5)
        plan = json.loads(pipeline.plan(films.stream()).to_json())
        self.assertEqual(plan["stages"][0]["parameters"],
                         {"gain": 0.5, "passes": 1, "label": "dark", "marks": True})
        frames = restored(pipeline)
        self.assertTrue(torch.equal(frames[3].picture, films.picture(3) * 0.5))
        mask = frames[3].mask
        assert mask is not None
        self.assertEqual(mask.min().item(), 1)
        self.assertEqual(stage.count, 0)  # runs work on copies
        with self.assertRaisesRegex(oldfilm.Error, "gain"):
            oldfilm.Pipeline().add(Gain(), gain="bright")
        with self.assertRaisesRegex(oldfilm.Error, "no-such"):
            oldfilm.Pipeline().add(Gain(), **{"no-such": 1})

    def test_another_size(self) -> None:
        frames = restored(oldfilm.Pipeline(device="cpu").add(Half()).add(Negative()))
        self.assertEqual(tuple(frames[0].picture.shape), (3, 24, 32))

    def test_cuts(self) -> None:
        stage = Plain()
        frames = restored(oldfilm.Pipeline(device="cpu", shots=[0, 6]).add(stage), 12, cut=6)
        self.assertEqual([frame.shot for frame in frames], [0] * 6 + [1] * 6)
        self.assertEqual(stage.resets[0], 2)

    def test_exceptions_are_named(self) -> None:
        with self.assertRaises(oldfilm.Error) as failed:
            restored(oldfilm.Pipeline(device="cpu").add(Failing()))
        self.assertEqual(failed.exception.code, "stage_failed")
        text = str(failed.exception)
        for part in ("failing", "ValueError: the third frame is one too many", "in process, pipeline_test.py:"):
            self.assertIn(part, text)

    def test_what_is_no_picture_is_refused(self) -> None:
        class Text(oldfilm.Stage):
            def process(self, window: oldfilm.Window) -> torch.Tensor:
                return "a picture"  # type: ignore[return-value]

        class Wrong(oldfilm.Stage):
            def process(self, window: oldfilm.Window) -> torch.Tensor:
                return window.center.picture[:, :10]

        for stage, part in ((Text(), "TypeError"), (Wrong(), "10")):
            with self.assertRaises(oldfilm.Error) as failed:
                restored(oldfilm.Pipeline(device="cpu").add(stage))
            self.assertEqual(failed.exception.code, "stage_failed")
            self.assertIn(part, str(failed.exception))

    def test_stages_mix_with_plugins(self) -> None:
        pipeline = oldfilm.Pipeline(device="cpu").add(Negative()).add("deflicker").add(Half())
        self.assertEqual(len(restored(pipeline)), 12)

    def test_stages_make_room_when_they_are_not_needed(self) -> None:
        for _ in range(600):
            oldfilm.Pipeline().add(Negative())
        gc.collect()
        held = [oldfilm.Pipeline().add(Negative()) for _ in range(256)]
        with self.assertRaises(oldfilm.Error) as full:
            oldfilm.Pipeline().add(Negative())
        self.assertEqual(full.exception.code, "out_of_memory")
        held.clear()
        self.assertEqual(len(restored(oldfilm.Pipeline(device="cpu").add(Negative()))), 12)


if __name__ == "__main__":
    unittest.main()
