#!/usr/bin/env python3
"""browser_test.py BUILD WORK: `oldfilm review` as a person uses it, in Chromium.

Opens the page, drags the wipe, steps, rejects a repair, protects a box, renders, and sees the original back; then the
same with the keyboard alone. A hostile page gets nothing. Status 77: there is no Chromium.
"""
import http.server
import json
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import CONTROL, SHIFT, Browser, installed  # noqa: E402
from reviewed import Project, Review  # noqa: E402

# The mean difference of the shown pictures before and after, in a box, by the page's own pixels.
DIFFERENCE = """(async (x, y, width, height) => {
  const samples = async (id) => {
    const image = document.querySelector('#' + id);
    await image.decode();
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    return context.getImageData(x, y, width, height).data;
  };
  const [a, b] = [await samples('before'), await samples('after')];
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
})(%d, %d, %d, %d)"""


def difference(browser: Browser, box: list[int]) -> float:
    return browser.evaluate(DIFFERENCE % tuple(box))


def shows_frame(browser: Browser, frame: int) -> None:
    browser.wait_for(f"document.querySelector('#picture').dataset.frame === '{frame}'")


def open_page(browser: Browser, review: Review) -> None:
    browser.open(review.address)
    browser.wait_for("document.body?.dataset.ready === 'true'")
    assert "token" not in browser.evaluate("location.href")
    shows_frame(browser, 0)
    browser.wait_for("document.querySelectorAll('.repair').length > 0")
    browser.wait_for("[...document.querySelectorAll('.shot img')].some((image) => image.naturalWidth > 0)")


def wipe(browser: Browser) -> None:
    def place() -> float:
        return float(browser.evaluate("document.querySelector('#wipe').style.left").rstrip("%"))

    assert place() == 50
    x, y = browser.middle("#wipe")
    width = browser.evaluate("document.querySelector('#picture').clientWidth")
    browser.drag(x, y, x - width / 4, y)
    assert abs(place() - 25) < 2, place()
    assert "25" in browser.evaluate("document.querySelector('#after').style.clipPath")
    for mode in ("before", "after", "difference", "wipe"):
        browser.click(f"[data-mode={mode}]")
        assert browser.evaluate("document.querySelector('#picture').dataset.mode") == mode
    browser.click("[data-mode=evidence]")
    browser.wait_for("!document.querySelector('#evidence').hidden")
    assert "other frames" in browser.evaluate("document.querySelector('#label-left').textContent")
    browser.click("[data-mode=wipe]")
    browser.wait_for("document.querySelector('#evidence').hidden")


def reject_and_render(browser: Browser, project: Project) -> None:
    browser.click(".repair")
    series = browser.evaluate("Number(document.querySelector('.repair[aria-selected=true]').dataset.series)")
    repair = json.loads(project.run("ledger", "list", "p", "--series", str(series), "--json"))[0]
    shows_frame(browser, repair["frame"])
    box = [repair["x"], repair["y"], repair["width"], repair["height"]]
    assert difference(browser, box) > 2
    browser.click("#reject")
    browser.wait_for(f"document.querySelector('.repair[data-series=\"{series}\"]').classList.contains('rejected')")
    assert '"rejected"' in project.run("ledger", "list", "p", "--series", str(series), "--json")
    browser.click("#render")
    browser.wait_for("document.querySelector('#message').innerText.includes('of 48 frames rendered')", 120)
    # Judging went on to the next repair.
    browser.click(f".repair[data-series='{series}']")
    shows_frame(browser, repair["frame"])
    browser.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert difference(browser, box) == 0, "the original is back"


def protect(browser: Browser, project: Project) -> None:
    browser.click("#tab-regions")
    browser.click("[data-key=p]")
    x, y = browser.middle("#picture")
    browser.drag(x - 30, y - 30, x + 40, y + 20)
    browser.wait_for("document.querySelectorAll('#region-list .region').length === 1")
    region = project.document()["regions"][0]
    assert region["action"] == "protect" and (region["first"], region["last"]) == (0, 11), region
    browser.click("#undo")
    browser.wait_for("document.querySelectorAll('#region-list .region').length === 0")
    assert not project.document().get("regions")
    for key, action, last in (("d", "repair", 0), ("i", "ignore", 11)):
        browser.press(key)
        browser.press("Enter")
        browser.wait_for("document.querySelectorAll('#region-list .region').length === 1")
        region = project.document()["regions"][0]
        assert region["action"] == action and (region["first"], region["last"]) == (0, last), region
        browser.press("z", CONTROL)
        browser.wait_for("document.querySelectorAll('#region-list .region').length === 0")
    browser.click("#tab-repairs")


def keyboard_alone(browser: Browser, project: Project) -> None:
    """Everything from shot to rendering; no click."""
    browser.evaluate("document.activeElement.blur()")
    browser.press("PageDown")
    shows_frame(browser, 12)
    browser.press("ArrowRight")
    shows_frame(browser, 13)
    browser.press("ArrowRight", SHIFT)
    shows_frame(browser, 23)
    browser.press("Home")
    shows_frame(browser, 12)
    browser.press("1")
    assert browser.evaluate("document.querySelector('#picture').dataset.mode") == "before"
    browser.press("3")
    browser.wait_for("document.querySelectorAll('.repair').length > 0")
    browser.press("ArrowDown")
    browser.wait_for("document.querySelector('.repair[aria-selected=true]')")
    browser.press("a")
    browser.wait_for("document.querySelector('.repair.accepted')")
    browser.press("z", CONTROL)
    browser.wait_for("!document.querySelector('.repair.accepted')")
    browser.press("z", CONTROL | SHIFT)
    browser.wait_for("document.querySelector('.repair.accepted')")
    browser.press("p")
    for _ in range(3):
        browser.press("ArrowLeft")
    browser.press("ArrowDown", SHIFT)
    browser.press("Enter")
    browser.wait_for("document.querySelectorAll('#region-list .region').length === 1")
    region = project.document()["regions"][0]
    assert region["polygon"] == [[0, 18], [16, 18], [16, 38], [0, 38]], region
    browser.press("?")
    browser.wait_for("document.querySelector('dialog').open")
    browser.press("Escape")
    browser.wait_for("!document.querySelector('dialog').open")
    browser.press("Enter", CONTROL)
    browser.wait_for("document.querySelector('#message').innerText.includes('frames rendered')", 120)
    browser.press("4")
    browser.wait_for("document.querySelector('#picture').dataset.mode === 'difference'")


def settings_and_preview(browser: Browser, project: Project) -> None:
    browser.click("#tab-shot")
    browser.press("Home")
    shows_frame(browser, 12)
    browser.evaluate("""(() => {
      const slider = document.querySelector('[data-parameter="scratch-removal.sensitivity"]');
      slider.value = 0.9;
      slider.dispatchEvent(new Event('input'));
    })()""")
    browser.wait_for("document.querySelector('#after').src.startsWith('blob:')", 60)
    browser.evaluate("document.querySelector('[data-parameter=\"scratch-removal.sensitivity\"]')"
                     ".dispatchEvent(new Event('change'))")
    browser.wait_for("document.querySelector('#undo').title.includes('sensitivity')")
    assert "sensitivity" in project.document()["shots"][1]["stages"]["scratch-removal"]
    browser.click("[data-stage='scratch-removal']")
    browser.wait_for("document.querySelector('#undo').title.includes('off')")
    assert project.document()["shots"][1]["stages"]["scratch-removal"] is False
    browser.click("#undo")
    browser.wait_for("!document.querySelector('#undo').title.includes('off')")


def two_windows(browser: Browser, project: Project) -> None:
    """What another program changes shows; a change of what is out of date is refused."""
    project.run("project", "set", "p", "s12", "--note", "from elsewhere")
    browser.wait_for("document.querySelector('#note').value === 'from elsewhere'")
    # Between two looks of the page, so that it does not know yet.
    browser.evaluate("window.fetched = window.fetch; window.fetch = (path, options) => path === '/api/status' ?"
                     " new Promise(() => {}) : window.fetched(path, options)")
    time.sleep(1.7)
    project.run("project", "set", "p", "s12", "--note", "once more")
    browser.evaluate("(() => { const note = document.querySelector('#note'); note.value = 'mine';"
                     " note.dispatchEvent(new Event('change')); })()")
    browser.wait_for("document.querySelector('#message').innerText.includes('nothing of that was overwritten')")
    assert project.document()["shots"][1]["note"] == "once more"
    browser.wait_for("document.querySelector('#note').value === 'once more'")


def hostile_page(browser: Browser, review: Review) -> None:
    """A page of another origin, in the browser that has the cookie, reads nothing and changes nothing."""
    server = http.server.HTTPServer(("127.0.0.1", 0), Hostile)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser.open(f"http://localhost:{server.server_port}/")
    browser.wait_for("document.title === 'hostile'")
    target = f"http://127.0.0.1:{review.port}"
    before = (review.project.work / "p/project.json").read_bytes()
    refused = browser.evaluate(f"""(async () => {{
      const attempt = async (path, options) => {{
        try {{ const answer = await fetch('{target}' + path, {{ credentials: 'include', ...options }});
               return answer.type === 'opaque' ? 'opaque' : 'read'; }} catch {{ return 'refused'; }}
      }};
      return [await attempt('/api/project'), await attempt('/api/project', {{ mode: 'no-cors' }}),
              await attempt('/api/undo', {{ method: 'POST', body: '{{}}' }}),
              await attempt('/api/undo', {{ method: 'POST', mode: 'no-cors', body: '{{}}' }}),
              await attempt('/api/undo', {{ method: 'POST', body: '{{}}', headers: {{ 'Content-Type': 'application/json' }} }})];
    }})()""")
    assert "read" not in refused, refused
    picture = browser.evaluate(f"""new Promise((done) => {{ const image = new Image();
      image.onload = () => done('shown'); image.onerror = () => done('refused');
      image.src = '{target}/frames/before/0.png'; }})""")
    assert picture == "refused", picture
    framed = browser.evaluate(f"""new Promise((done) => {{ const frame = document.createElement('iframe');
      frame.src = '{target}/'; document.body.append(frame); frame.onload = () => {{
        try {{ done(frame.contentDocument === null ? 'closed' : 'open'); }} catch {{ done('closed'); }} }}; }})""")
    assert framed == "closed", framed
    assert (review.project.work / "p/project.json").read_bytes() == before
    server.shutdown()


class Hostile(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # noqa: N802
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>hostile</title>")

    def log_message(self, *_: object) -> None:
        pass


def closed_in_the_middle(browser: Browser, review: Review) -> None:
    """The page goes away while a preview is made; the review goes on."""
    browser.press("v")
    browser.open("about:blank")
    assert review.get("/api/status")["revision"]


def main() -> None:
    if not installed():
        print("skipped: there is no Chromium; install chromium")
        sys.exit(77)
    build, work = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    project = Project(build, work)
    project.render()
    with Review(project) as review, Browser(work / "profile") as browser:
        open_page(browser, review)
        wipe(browser)
        reject_and_render(browser, project)
        protect(browser, project)
        keyboard_alone(browser, project)
        settings_and_preview(browser, project)
        closed_in_the_middle(browser, review)
        open_page(browser, review)
        browser.press("PageDown")
        browser.click("#tab-shot")
        two_windows(browser, project)
        assert not [line for line in browser.console if "409" not in line and "404" not in line], browser.console
        hostile_page(browser, review)
    print("the page does what it says, and no other page does")


if __name__ == "__main__":
    main()
