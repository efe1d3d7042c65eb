#!/usr/bin/env python3
"""schema_test.py BUILD WORK: what oldfilm writes into project.json is what docs/project.schema.json describes.

The schema also refuses what oldfilm refuses: each change of `WRONG` is made by itself, and both must say no.
"""
import copy
import json
import os
import pathlib
import shutil
import subprocess
import sys

import jsonschema

HOME = pathlib.Path(__file__).resolve().parents[2]
REGION = {"id": "r1", "action": "protect", "first": 0, "last": 3, "polygon": [[0, 0], [8, 0], [8.5, 9]], "note": "face"}


def unknown_member(document: dict) -> None:
    document["shots"][0]["stage"] = {}


def wrong_kind(document: dict) -> None:
    document["shots"][0]["kind"] = "card"


def no_id(document: dict) -> None:
    del document["shots"][1]["id"]


def negative_frame(document: dict) -> None:
    document["shots"][0]["first"] = -1


def number_for_a_stage(document: dict) -> None:
    document["shots"][0]["stages"] = {"denoise": 1}


def nested_parameter(document: dict) -> None:
    document["shots"][0]["stages"] = {"denoise": {"strength": [1]}}


def two_corners(document: dict) -> None:
    document["regions"] = [REGION | {"polygon": [[0, 0], [1, 1]]}]


def blank_in_an_id(document: dict) -> None:
    document["regions"] = [REGION | {"id": "a b"}]


def shots_in_the_pipeline(document: dict) -> None:
    document["pipeline"]["shots"] = "none"


WRONG = [unknown_member, wrong_kind, no_id, negative_frame, number_for_a_stage, nested_parameter, two_corners,
         blank_in_an_id, shots_in_the_pipeline]


def main() -> None:
    build, work = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)

    def oldfilm(*arguments: str) -> subprocess.CompletedProcess:
        environment = os.environ | {"OLDFILM_PLUGIN_PATH": str(build / "plugins")}
        return subprocess.run([build / "bin/oldfilm", *arguments], cwd=work, capture_output=True, text=True,
                              check=False, env=environment)

    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=48x32:rate=16:duration=2",
                    "-f", "lavfi", "-i", "mandelbrot=size=48x32:rate=16", "-filter_complex",
                    "[1:v]trim=duration=2[b];[0:v][b]concat=n=2", "-c:v", "ffv1", "in.mkv"], cwd=work, check=True)
    made = oldfilm("project", "new", "in.mkv", "p", "--stage", "deflicker", "--stage", "scratch-removal")
    assert made.returncode == 0, made.stderr
    changed = oldfilm("project", "set", "p", "s32", "--stage", "scratch-removal:sensitivity=0.4", "--off", "deflicker",
                      "--kind", "title_card", "--exclude", "--note", "a note")
    assert changed.returncode == 0, changed.stderr

    schema = json.loads((HOME / "docs/project.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    file = work / "p/project.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    document["regions"] = [REGION]
    document["decisions"].append({"about": "grain", "choice": "on", "by": "me", "when": "2026-01-01T00:00:00Z"})
    validator.validate(document)
    shot = document["shots"][1]
    assert shot["stages"] == {"deflicker": False, "scratch-removal": {"sensitivity": 0.4}}, shot
    file.write_text(json.dumps(document), encoding="utf-8")
    shown = oldfilm("project", "show", "p", "--json")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == document, "what was read is not what was written"

    for change in WRONG:
        wrong = copy.deepcopy(document)
        change(wrong)
        assert not validator.is_valid(wrong), f"the schema allows {change.__name__}"
        file.write_text(json.dumps(wrong, indent=1), encoding="utf-8")
        refused = oldfilm("project", "show", "p")
        assert refused.returncode == 2 and "project.json, line " in refused.stderr, (change.__name__, refused.stderr)
    print(f"{len(WRONG)} wrong documents are refused by both")


if __name__ == "__main__":
    main()
