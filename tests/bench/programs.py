"""What shows only in whole programs: our time against the usual way's, memory, start-up. Writes OUT as JSON.

usage: programs.py BUILD FILM FOLDER OUT LOAD, where LOAD is the load average before the benchmark, for the report
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
CHAIN = ["scratch-removal", "denoise", "colorize", "superres", "interpolate"]
MODEST = ["deflicker", "scratch-removal", "interpolate"]


class Child:
    """A program run to its end: seconds, peak resident KiB."""

    def __init__(self, command: list[str]):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds = time.perf_counter() - start
        self.peak_kib = usage.ru_maxrss
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)} failed ({process.returncode})")


class Programs:
    def __init__(self, build: Path, film: Path, folder: Path):
        self.build, self.film, self.folder = build, film, folder
        self.oldfilm = str(build / "bin/oldfilm")

    def restore(self, film: Path, chosen: list[str]) -> Child:
        return Child([self.oldfilm, "restore", str(film), str(self.folder / "ours.mp4"), "--overwrite",
                      "--progress", "none", "--device", "cpu", *chosen])

    @staticmethod
    def chain(stages: list[str]) -> list[str]:
        return [word for stage in stages for word in ("--stage", stage)]

    def against_usual(self, stages: list[str]) -> dict:
        """Ours before and after the usual way; a whole program against one whose imports are not counted."""
        usual_film = self.folder / "usual.mp4"
        ours = [self.restore(self.film, self.chain(stages)).seconds]
        usual = json.loads(subprocess.run(
            [sys.executable, str(HERE / "usual_way.py"), str(self.film), str(usual_film), *stages,
             "--models", str(self.build / "plugins/models"), "--work", str(self.folder / "usual")],
            check=True, stdout=subprocess.PIPE, text=True).stdout)
        ours.append(self.restore(self.film, self.chain(stages)).seconds)
        alike = json.loads(subprocess.run(
            [self.oldfilm, "compare", str(usual_film), str(self.folder / "ours.mp4"), "--json"],
            check=True, stdout=subprocess.PIPE, text=True).stdout)
        return {"stages": stages, "ours": ours, "usual": usual, "psnr": alike["psnr"], "frames": alike["pairs"]}

    def memory(self, name: str, chosen: list[str], size: str) -> dict:
        """Peaks for a film of 100 frames and for one of 400 that begins with the same."""
        result = {"chain": name, "size": size}
        for frames in (100, 400):
            film = self.folder / f"{frames}.mkv"
            Child(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", f"mandelbrot=size={size}:rate=16",
                   "-frames:v", str(frames), "-vf", "format=gray", "-c:v", "ffv1", str(film)])
            result[f"peak_kib_{frames}"] = self.restore(film, chosen).peak_kib
            film.unlink()
        return result

    def start_up(self) -> dict:
        seconds = [Child([self.oldfilm, "plugins"]).seconds for _ in range(10)]
        loader = subprocess.run([self.oldfilm, "plugins"], env={**os.environ, "LD_DEBUG": "libs"}, text=True,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True).stderr
        loaded = sorted({Path(path).name for path in re.findall(r"calling init: (\S+)", loader)})
        return {"seconds": seconds, "libraries": loaded,
                "torch": [name for name in loaded if "torch" in name or "c10" in name]}


def main() -> None:
    build, film, folder, out = map(Path, sys.argv[1:5])
    load = sys.argv[5]
    programs = Programs(build, film, folder)

    def say(what: str) -> None:
        print(f"   {what}", file=sys.stderr)

    say("start-up")
    result = {"load_average": load, "start_up": programs.start_up()}
    say("memory")
    result["memory"] = [programs.memory(", ".join(MODEST), programs.chain(MODEST), "256x192"),
                        programs.memory("preset silent-film", ["--preset", "silent-film"], "96x72")]
    for stages in (["superres"], CHAIN):
        say("the usual way: " + ", ".join(stages))
        result.setdefault("usual", []).append(programs.against_usual(stages))
    out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
