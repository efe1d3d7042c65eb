"""Turns a published checkpoint into a model package.

    ./setup.sh import [SYSTEM] FILE... [-o PACKAGE] [--set NAME=VALUE]...
    ./setup.sh import --list
    ./setup.sh import generic --task TASK MODULE.py:CLASS FILE [-o PACKAGE] [--manifest JSON]
    ./setup.sh import ncnn [--task TASK] FILE.param FILE.bin [-o PACKAGE] [--manifest JSON] [--set NAME=VALUE]...
    ./setup.sh import spandrel [--task TASK] FILE [-o PACKAGE] [--manifest JSON] [--set NAME=VALUE]...
    ./setup.sh import onnx [--task TASK] FILE.onnx [-o PACKAGE] [--manifest JSON] [--set NAME=VALUE]...

SYSTEM may be left out: the checkpoint's keys tell. Without -o the package goes to the models folder, where
`model=SYSTEM` finds it ($OLDFILM_MODEL_PATH's first folder, or $XDG_DATA_HOME/oldfilm/models, which is
~/.local/share/oldfilm/models where that isn't set).
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from importing import Checkpoint, ImportFailure, Option, System, systems
from importing import recording
from importing.community import community
from importing.generic import generic
from importing.ncnn import OPTIONS, ncnn
from importing.onnx_file import OPTIONS as ONNX_OPTIONS
from importing.onnx_file import onnx_file
from importing.writing import write


def models_folder() -> Path:
    given = os.environ.get("OLDFILM_MODEL_PATH", "").split(":")[0]
    data = os.environ.get("XDG_DATA_HOME", "")
    return Path(given) if given else (Path(data) if data.startswith("/") else Path.home() / ".local/share") / "oldfilm/models"


def listing(known: dict[str, System]) -> str:
    width = max(map(len, known))
    lines = []
    for system in sorted(known.values(), key=lambda s: (s.task, s.name)):
        lines.append(f"{system.name:{width}}  {system.task}: {system.title} ({system.license}); {system.files}")
        lines += [f"{'':{width}}    --set {name}={option.default}  {option.help}"
                  for name, option in system.options.items()]
    return "\n".join(lines)


def recognized(checkpoint: Checkpoint, known: dict[str, System]) -> System:
    fits = [s for s in known.values() if s.find(checkpoint)]
    if not fits:
        raise ImportFailure(f"expected weights of a known system, found {checkpoint.summary()}; name the system if it is "
                            f"one of {', '.join(sorted(known))}; try 'spandrel', which knows many more, or use 'generic'")
    if len(fits) > 1:
        raise ImportFailure(f"these weights fit {' and '.join(sorted(s.name for s in fits))}; name the one that is meant")
    return fits[0]


def values(who: str, options: dict[str, Option], given: list[str]) -> dict:
    chosen = {name: option.default for name, option in options.items()}
    for item in given:
        name, _, text = item.partition("=")
        if name not in chosen:
            raise ImportFailure(f"{who} has no option '{name}'; it has {', '.join(chosen) or 'none'}")
        try:
            chosen[name] = type(chosen[name])(text)
        except ValueError:
            raise ImportFailure(f"expected a {type(chosen[name]).__name__} for {name}, found '{text}'") from None
    return chosen


def run(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="./setup.sh import", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="[SYSTEM] FILE")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--list", action="store_true", help="the systems that are known")
    parser.add_argument("--task", help="generic, ncnn, spandrel, onnx: what the network does")
    parser.add_argument("--manifest", default="{}", help="generic, ncnn, spandrel, onnx: fields of oldfilm.json, as JSON")
    options = parser.parse_intermixed_args(arguments)
    known = systems()
    if options.list:
        print(listing(known))
        return
    words = options.words
    if not words:
        raise ImportFailure("expected a checkpoint's path; see ./setup.sh import --help")
    named = words.pop(0) if words[0] in (*known, "generic", "ncnn", "onnx", "spandrel") and not Path(words[0]).is_file() else ""
    if named == "generic":
        system, network, checkpoint = generic(options.task, words, options.manifest)
    elif named == "ncnn" or (not named and any(w.endswith(".param") for w in words)):
        system, network, checkpoint = ncnn(options.task, words, options.manifest, values("ncnn", OPTIONS, options.set))
    elif named == "spandrel":
        system, network, checkpoint = community(options.task, words, options.manifest,
                                                values("spandrel", recording.OPTIONS, options.set))
    elif named == "onnx" or (not named and any(w.endswith(".onnx") for w in words)):
        system, network, checkpoint = onnx_file(options.task, words, options.manifest,
                                                values("onnx", {**recording.OPTIONS, **ONNX_OPTIONS}, options.set))
    else:
        if not words:
            raise ImportFailure(f"expected the checkpoint of {named} ({known[named].files}), found no path")
        if not named and not Path(words[0]).exists() and "/" not in words[0] and "." not in words[0]:
            raise ImportFailure(f"there is no system '{words[0]}', and no such file; known are {', '.join(sorted(known))}")
        checkpoint = Checkpoint.read([Path(w) for w in words])
        system = known[named] if named else recognized(checkpoint, known)
        tables = system.find(checkpoint)
        if tables is None:
            raise ImportFailure(f"expected the weights of {system.name} ({system.files}), found {checkpoint.summary()}; "
                                "leave the system's name out to have it recognized")
        chosen = values(system.name, system.options, options.set)
        try:
            network = system.build(tables, chosen)
        except (KeyError, ValueError, IndexError, AttributeError, RuntimeError, ZeroDivisionError) as error:
            # A name or a shape that the importer reads sizes from is not what it is in this system's files.
            raise ImportFailure(f"expected a checkpoint of {system.name} ({system.files}), found one whose names or shapes "
                                f"differ ({type(error).__name__}: {str(error).splitlines()[0]}); it is of another version") from None
    output = options.output or models_folder() / f"{system.name}.pt"
    write(system, network, checkpoint, output)


if __name__ == "__main__":
    try:
        run(sys.argv[1:])
    except ImportFailure as failure:
        sys.exit(f"import: {failure}")
