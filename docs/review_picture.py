#!/usr/bin/env python3
"""review_picture.py BUILD [WIDTH HEIGHT]: makes docs/pictures/review.jpg, the review page with the demo's film.

Needs Chromium and BUILD/demo/aged.mkv (./setup.sh demo).
"""
import pathlib
import shutil
import subprocess
import sys

HOME = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HOME.parent / "tests/review"))
from browser import Browser  # noqa: E402
from reviewed import Project, Review  # noqa: E402


class DemoProject(Project):
    """The demo's film with its own stages; rendered."""

    def __init__(self, build: pathlib.Path, work: pathlib.Path) -> None:
        self.start_in(build, work)
        shutil.copy(build / "demo/aged.mkv", work / "aged.mkv")
        self.run("project", "new", "aged.mkv", "p", "--stage", "deflicker", "--stage", "scratch-removal", "--stage",
                 "denoise")
        self.run("restore", "--project", "p", "restored.mkv", "--codec", "ffv1", "--progress", "none")


def main() -> None:
    build = pathlib.Path(sys.argv[1]).resolve()
    width, height = (int(word) for word in sys.argv[2:] or ("1280", "800"))
    work = build / "pictures/review"
    with Review(DemoProject(build, work)) as review, Browser(work / "profile", width, height) as browser:
        browser.open(review.address)
        browser.wait_for("document.body?.dataset.ready === 'true'")
        browser.wait_for("document.querySelectorAll('.repair').length > 0")
        for key in ("ArrowDown", "a", "a", "r"):
            browser.press(key)
            browser.wait_for("document.querySelector('.repair[aria-selected=true]')")
            browser.evaluate("new Promise((done) => setTimeout(done, 400))")
        browser.wait_for("document.querySelectorAll('.curve').length === 4", 60)
        browser.wait_for("[...document.querySelectorAll('.shot img')].every((image) => image.naturalWidth > 0)", 60)
        browser.evaluate("new Promise((done) => setTimeout(done, 500))")
        picture = work / "review.png"
        browser.screenshot(picture)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", picture, "-q:v", "3", HOME / "pictures/review.jpg"], check=True)


if __name__ == "__main__":
    main()
