#!/usr/bin/env python3
"""architecture.py [--check] [TREE]: draws which folders of the source tree include which (docs/dev/architecture.svg).

With --check nothing is written. It is an error if a folder includes upwards, if the picture is out of date (what
includes what; a size that is off by more than a tenth), or if docs/dev/architecture.md names a file that is not there.
TREE: the source tree to look at; default: the one that this script is in.
"""
import argparse
import html
import json
import pathlib
import re
import sys

HOME = pathlib.Path(__file__).resolve().parent
PICTURE = HOME / "dev" / "architecture.svg"
PAGE = HOME / "dev" / "architecture.md"

# Folders of src/ from top to bottom, and what each may include: those that are named, and what those may include.
MAY_INCLUDE = {
    "bindings": [],
    "c": ["job"],
    "speech": ["job"],
    "project": ["job"],
    "cluster": ["job"],
    "job": ["pipeline", "media", "analysis"],
    "check": ["pipeline"],
    "tools": ["base"],
    "analysis": ["frame", "media"],
    "pipeline": ["stage"],
    "media": ["frame"],
    "stage": ["model"],
    "model": ["frame", "torchscript"],
    "frame": ["device"],
    "torchscript": ["device"],
    "device": ["base"],
    "base": ["sdk"],
    "sdk": [],
}
# Public headers by the folder that implements them; "sdk" is the headers that plugins are made of.
PUBLIC = {
    "project": ["ledger.hpp", "project.hpp", "provenance.hpp", "verification.hpp"],
    "cluster": ["cluster.hpp"],
    "job": ["restore.hpp"],
    "analysis": ["analysis.hpp"],
    "check": ["check.hpp"],
    "pipeline": ["pipeline.hpp", "regions.hpp", "shots.hpp"],
    "media": ["media.hpp", "sound.hpp"],
    "speech": ["speech.hpp"],
    "model": ["model.hpp"],
    "frame": ["color.hpp", "evidence.hpp", "frame.hpp", "opencv.hpp"],
    "device": ["native_streams.hpp", "recording.hpp"],
    "base": ["error.hpp", "export.hpp", "log.hpp", "parameter.hpp", "plugins.hpp", "process.hpp", "profile.hpp",
             "time.hpp", "version.hpp"],
    "c": ["oldfilm.h"],
    "sdk": ["plugin.h", "stage.hpp", "stage_torch.hpp", "plugin", "sdk"],  # the last two are folders
}
ALL_OF_THEM = "oldfilm.hpp"
# Includes that the order forbids and that exist, to be resolved: (folder, header).
KNOWN = set()
# Libraries by the folders of src/ that may include them.
LIBRARIES = {
    "FFmpeg": (r"lib(av|sw)\w+/", {"media"}),
    "OpenCV": (r"opencv2/", {"project", "speech", "stage"}),
    "SQLite": (r"sqlite3\.h", {"project"}),
    "Tesseract": (r"tesseract/", {"speech"}),
    "PocketSphinx": (r"pocketsphinx/", {"speech"}),
    "LibTorch": (r"(ATen|c10|torch)/", set(MAY_INCLUDE) - {"base", "tools"}),
}
OUTSIDE = ["examples", "plugins"]  # above src/: public headers only, and of those plugins the sdk's only
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
SUFFIXES = {".cpp", ".hpp", ".h", ".c"}


def reach(room):
    """What `room` may include."""
    found = {room}
    for below in MAY_INCLUDE[room]:
        found |= reach(below)
    return found


class Tree:
    """The source tree: folders, their sizes, and their includes. `errors`: what is wrong with them."""

    def __init__(self, root):
        self.root = root
        self.errors = []
        self.used = set()  # of KNOWN
        self.home = {header: room for room, headers in PUBLIC.items() for header in headers}
        for header in sorted((root / "include/oldfilm").iterdir()):
            if header.name not in self.home and header.name != ALL_OF_THEM:
                self.errors.append(f"include/oldfilm/{header.name}: PUBLIC in docs/architecture.py must name the folder "
                                   "that implements it")
        self.rooms = {}
        for room in OUTSIDE:
            self.read(room, self.files(room))
        for folder in sorted((root / "src").iterdir()):
            if folder.is_dir() and folder.name not in MAY_INCLUDE:
                self.errors.append(f"src/{folder.name}: MAY_INCLUDE in docs/architecture.py must name its place")
        for room in MAY_INCLUDE:
            if room == "sdk":
                named = [root / "include/oldfilm" / header for header in PUBLIC["sdk"]]
                self.read(room, [file for one in named
                                 for file in (self.files(one.relative_to(root)) if one.is_dir() else [one])])
            elif (root / "src" / room).is_dir():
                self.read(room, self.files("src/" + room))
        self.check_public()
        for room, header in sorted(KNOWN - self.used):
            self.errors.append(f"{room} does not include {header} any more: remove it from KNOWN in "
                               "docs/architecture.py")

    def files(self, folder):
        return sorted(file for file in (self.root / folder).rglob("*") if file.suffix in SUFFIXES)

    def read(self, room, files):
        known = {"lines": 0, "own": set(), "public": set()}
        for file in files:
            text = file.read_text(encoding="utf-8")
            known["lines"] += text.count("\n")
            for quote, name in INCLUDE.findall(text):
                self.note(room, known, file.relative_to(self.root), quote, name)
        self.rooms[room] = {"lines": known["lines"], "own": sorted(known["own"]),
                            "public": sorted(known["public"] - known["own"])}

    def note(self, room, known, file, quote, name):
        first, _, rest = name.partition("/")
        if first == "oldfilm":
            target, kind = self.home.get(rest, self.home.get(rest.partition("/")[0])), "public"
        elif quote == '"' and (self.root / "src" / first).is_dir() and not (self.root / file.parent / name).exists():
            target, kind = first, "own"
        else:
            self.check_library(room, file, name)
            return
        if target is None or target == room:
            return
        known[kind].add(target)
        if room == "plugins":
            allowed = target == "sdk"
        elif room in ("examples", "bindings"):
            allowed = kind == "public"
        else:
            allowed = target in reach(room)
        if not allowed:
            self.refuse(room, file, name)

    def check_library(self, room, file, name):
        for pattern, allowed in LIBRARIES.values():
            if re.match(pattern, name) and room not in allowed and room not in OUTSIDE:
                self.refuse(room, file, name)

    def refuse(self, room, file, name):
        if (room, name) in KNOWN:
            self.used.add((room, name))
        else:
            self.errors.append(f"{file} includes {name}, which {room} must not (docs/architecture.py has the order)")

    def check_public(self):
        """Public headers include public headers only."""
        for file in self.files("include/oldfilm"):
            for quote, name in INCLUDE.findall(file.read_text(encoding="utf-8")):
                if quote == '"':
                    self.errors.append(f"include/oldfilm/{file.name} includes {name}, which is not public")


ROW, CELL, LEFT, BAR, TOP = 30, 30, 138, 150, 122
DOTS = {
    "own": ('fill="#222"', "includes headers of the folder of the column"),
    "public": ('fill="#fff" stroke="#222" stroke-width="1.5"', "only its public headers"),
    "known": ('fill="#fff" stroke="#d5761a" stroke-width="2.5"', "against the order, to be resolved"),
}


def about(lines):
    """Two digits of a number."""
    unit = 10 ** max(len(str(lines)) - 2, 0)
    return f"{round(lines / unit) * unit:,}"


def drawn(rooms):
    """The picture, with what it shows as its metadata."""
    names = list(rooms)
    most = max(one["lines"] for one in rooms.values())
    grid = LEFT + BAR + 60
    right = grid + CELL * len(names) + 16
    width, height = right + 430, TOP + ROW * len(names) + 46
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="13">',
        "<title>Which folder includes which</title>",
        f"<metadata>{html.escape(json.dumps(rooms), quote=False)}</metadata>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="{TOP - 12}" fill="#555">lines of C++</text>',
        f'<text x="{right}" y="{TOP - 12}" fill="#555">public headers, without .hpp</text>',
    ]
    for column, name in enumerate(names):
        x = grid + CELL * column + CELL / 2
        out.append(f'<text transform="translate({x + 5:g},{TOP - 10}) rotate(-60)">{name}</text>')
    for row, name in enumerate(names):
        one = rooms[name]
        y = TOP + ROW * row
        middle = y + ROW / 2
        if row % 2 == 0:
            out.append(f'<rect x="0" y="{y}" width="{width}" height="{ROW}" fill="#f4f6f8"/>')
        length = max(one["lines"] * BAR / most, 2)
        path = name if name in OUTSIDE else "sdk headers" if name == "sdk" else "src/" + name
        out.append(f'<text x="10" y="{middle + 5:g}" font-weight="bold">{path}</text>')
        out.append(f'<rect x="{LEFT}" y="{y + 7}" width="{length:.0f}" height="{ROW - 14}" rx="2" fill="#4878a8"/>')
        out.append(f'<text x="{LEFT + length + 6:.0f}" y="{middle + 5:g}" fill="#555">{about(one["lines"])}</text>')
        out.append(f'<rect x="{grid + CELL * row}" y="{y}" width="{CELL}" height="{ROW}" fill="#cfd6dd"/>')
        for kind in ("own", "public"):
            for target in one[kind]:
                x = grid + CELL * names.index(target) + CELL / 2
                allowed = name in OUTSIDE or name == "bindings" or target in reach(name)
                out.append(f'<circle cx="{x:g}" cy="{middle:g}" r="6" {DOTS[kind if allowed else "known"][0]}/>')
        headers = " ".join(PUBLIC.get(name, []))
        out.append(f'<text x="{right}" y="{middle + 5:g}" fill="#555" font-size="11">'
                   f'{headers.replace(".hpp", "")}</text>')
    y = TOP + ROW * len(names) + 26
    for x, (style, meaning) in zip((16, 360, 560), DOTS.values()):
        out.append(f'<circle cx="{x}" cy="{y - 5}" r="6" {style}/><text x="{x + 14}" y="{y}">{meaning}</text>')
    return "\n".join(out) + "\n</svg>\n"


def stale(tree):
    """Why the picture is out of date; empty: it isn't."""
    if not PICTURE.exists():
        return "it is missing"
    text = PICTURE.read_text(encoding="utf-8")
    shown = re.search(r"<metadata>(.*)</metadata>", text)
    shown = json.loads(html.unescape(shown.group(1))) if shown else {}
    if list(shown) != list(tree.rooms):
        return f"it shows the folders {', '.join(shown)}, and there are {', '.join(tree.rooms)}"
    for name, one in tree.rooms.items():
        for kind in ("own", "public"):
            if shown[name][kind] != one[kind]:
                return f"the includes of {name} changed"
        if abs(shown[name]["lines"] - one["lines"]) > one["lines"] / 10:
            return f"{name} has {one['lines']} lines, and it shows {shown[name]['lines']}"
    return "" if drawn(shown) == text else "it was changed by hand, or the script was"


def missing(root):
    """The files that the page names and that are not there."""
    text = PAGE.read_text(encoding="utf-8")
    tops = "src|include|plugins|examples|docs|tests|cmake"
    for name in sorted(set(re.findall(rf"`((?:{tops})/[\w./-]*)`", text))):
        if not (root / name).exists():
            yield name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("tree", nargs="?", type=pathlib.Path, default=HOME.parent)
    arguments = parser.parse_args()
    tree = Tree(arguments.tree.resolve())
    errors = list(tree.errors)
    if arguments.check:
        if why := stale(tree):
            errors.append(f"docs/dev/architecture.svg is out of date: {why}; docs/architecture.py draws it anew")
        errors += [f"docs/dev/architecture.md names {name}, which is not there" for name in missing(tree.root)]
    else:
        PICTURE.write_text(drawn(tree.rooms), encoding="utf-8")
    print("\n".join(errors), file=sys.stderr, end="\n" if errors else "")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
