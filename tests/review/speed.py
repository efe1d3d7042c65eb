#!/usr/bin/env python3
"""speed.py BUILD WORK: how long a person waits for the review. Prints a table; run by hand.

Previews of a film of 480x368, the first one included; scrolling through 2,000 shots, in Chromium; seeking in a film of
an hour.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser, installed  # noqa: E402
from reviewed import Project, Review  # noqa: E402

# Intervals between the frames that the page shows while the strip scrolls by 40,000 pixels, in milliseconds.
SCROLL = """new Promise((done) => {
  const strip = document.querySelector('#strip');
  const intervals = [];
  let last = performance.now();
  const begin = strip.scrollLeft;
  let steps = 0;
  const step = (now) => {
    intervals.push(now - last);
    last = now;
    strip.scrollLeft = begin + ++steps * 400;
    if (steps < 100) requestAnimationFrame(step); else done(intervals.slice(1));
  };
  requestAnimationFrame(step);
})"""


class MadeProject(Project):
    """A project of a film that ffmpeg makes of `source`."""

    def __init__(self, build: pathlib.Path, work: pathlib.Path, source: str, *options: str, every: int = 0) -> None:
        self.start_in(build, work)
        self.environment.pop("OMP_NUM_THREADS")
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-c:v", "libx264", "-g", "250", "-crf", "30",
                        "in.mkv"], cwd=work, check=True)
        shots = ["--shots", "cuts"] if every else []
        if every:
            frames = int(subprocess.run(["ffprobe", "-v", "error", "-count_packets", "-show_entries",
                                         "stream=nb_read_packets", "-of", "csv=p=0", "in.mkv"], cwd=work, check=True,
                                        capture_output=True, text=True).stdout.strip().strip(","))
            (work / "cuts").write_text("\n".join(str(frame) for frame in range(0, frames, every)), encoding="utf-8")
        self.run("project", "new", "in.mkv", "p", *shots, *options)


def processor_seconds(process: int) -> float:
    """Of all threads, so far."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def previews(build: pathlib.Path, work: pathlib.Path, *stages: str) -> None:
    project = MadeProject(build, work, "testsrc2=size=480x368:rate=24:duration=2,hue=s=0", *stages)
    with Review(project) as review:
        time.sleep(3) # a person looks at the page before moving a slider
        shot = review.get("/api/project")["shots"][0]
        waits = []
        for frame in (20, 20, 21, 30):
            since, processor = time.monotonic(), processor_seconds(review.process.pid)
            status, _, content = review.request(
                "POST", "/api/preview", json.dumps({"shot": shot["id"], "frame": frame, "settings": shot}).encode())
            assert status == 200, content
            processor = processor_seconds(review.process.pid) - processor
            waits.append(f"{time.monotonic() - since:.2f} ({processor:.2f})")
        print(f"preview, {' '.join(stages)}: {', '.join(waits)} s (of processor time)")


def scrolling(build: pathlib.Path, work: pathlib.Path) -> None:
    project = MadeProject(build, work, "testsrc2=size=64x48:rate=24:duration=167", "--stage", "deflicker", every=2)
    with Review(project) as review, Browser(work / "profile") as browser:
        since = time.monotonic()
        browser.open(review.address)
        browser.wait_for("document.body?.dataset.ready === 'true'")
        opened = time.monotonic() - since
        shots = browser.evaluate("document.querySelector('#strip-inner').style.width")
        intervals = browser.evaluate(SCROLL)
        elements = browser.evaluate("document.querySelectorAll('.shot').length")
        print(f"{shots} of shots: opened in {opened:.2f} s, {elements} elements; frames while scrolling: median "
              f"{statistics.median(intervals):.1f} ms, longest {max(intervals):.1f} ms")


def seeking(build: pathlib.Path, work: pathlib.Path) -> None:
    project = MadeProject(build, work, "testsrc2=size=480x368:rate=24:duration=600,hue=s=0", "--stage", "deflicker")
    with Review(project) as review:
        waits = []
        for frame in (14000, 3, 7201, 12345):
            since = time.monotonic()
            assert review.request("GET", f"/frames/before/{frame}.png")[0] == 200
            waits.append(f"{time.monotonic() - since:.2f}")
        print(f"frames 14000, 3, 7201, 12345 of a film of 10 minutes: {', '.join(waits)} s")


def main() -> None:
    build, work = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    wanted = sys.argv[3:] or ["previews", "scrolling", "seeking"]
    if "previews" in wanted:
        previews(build, work / "previews", "--stage", "deflicker", "--stage", "scratch-removal", "--stage", "denoise")
        previews(build, work / "previews", "--stage", "scratch-removal")
    if "scrolling" in wanted and installed():
        scrolling(build, work / "scrolling")
    if "seeking" in wanted:
        seeking(build, work / "seeking")


if __name__ == "__main__":
    main()
