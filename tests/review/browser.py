"""Chromium without a window, driven by the DevTools protocol over a pipe: messages are JSON that ends with a zero."""
import base64
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import time

KEYS = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Enter": 13, "Escape": 27, "PageDown": 34,
        "PageUp": 33, "Home": 36, "End": 35, "Tab": 9}
ALT, CONTROL, SHIFT = 1, 2, 8


def installed() -> str | None:
    """The program's path; none where there is no Chromium."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """One page, until the end of a with statement."""

    def __init__(self, profile: pathlib.Path, width: int = 1280, height: int = 800) -> None:
        self.profile, self.width, self.height = profile, width, height
        self.number = 0
        self.rest = b""
        self.session = None
        self.console: list[str] = []

    def __enter__(self) -> "Browser":
        program = installed()
        assert program
        shutil.rmtree(self.profile, ignore_errors=True)
        to_browser, self.to = os.pipe()
        self.of, from_browser = os.pipe()

        def connect() -> None:
            """Chromium reads from descriptor 3 and writes to 4. Runs in the child."""
            ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_browser, from_browser)]
            for number, end in enumerate(ends, 3):
                os.dup2(end, number)

        options = ["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run",
                   "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb",
                   f"--user-data-dir={self.profile}", f"--window-size={self.width},{self.height}", "about:blank"]
        self.process = subprocess.Popen([program, *options], pass_fds=(3, 4), preexec_fn=connect,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        page = next(target for target in self.call("Target.getTargets")["targetInfos"] if target["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)  # keys reach the page at once
        self.resize(self.width, self.height)
        return self

    def __exit__(self, *_: object) -> None:
        self.session = None
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.of)
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method: str, **parameters: object) -> dict:
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def read(self) -> dict:
        while b"\0" not in self.rest:
            more = os.read(self.of, 1 << 16)
            assert more, "Chromium ended"
            self.rest += more
        line, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(line)
        self.note(message.get("method"), message.get("params", {}))
        return message

    def note(self, event: str | None, about: dict) -> None:
        """What the page says that it should not: errors, and what the content policy refuses."""
        if event == "Runtime.exceptionThrown":
            self.console.append(json.dumps(about["exceptionDetails"])[:600])
        elif event == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.console.append(about["entry"]["text"] + " " + about["entry"].get("url", ""))

    def resize(self, width: int, height: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)

    def evaluate(self, script: str) -> object:
        found = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, (script, found["exceptionDetails"])
        return found["result"].get("value")

    def wait_for(self, script: str, seconds: float = 30) -> None:
        """Waits until the value of the script is true."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.evaluate(f"Boolean({script})"):
                return
            time.sleep(0.05)
        raise AssertionError(f"{script} is not true after {seconds} s; the page says {self.evaluate('document.body.innerText')}"
                             f" {self.console}")

    def press(self, key: str, modifiers: int = 0) -> None:
        code = KEYS.get(key) or ord(key.upper())
        about = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        if len(key) == 1 and not modifiers & CONTROL:
            about["text"] = key
        elif key == "Enter":
            about["text"] = "\r"
        self.call("Input.dispatchKeyEvent", type="keyDown", **about)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code, modifiers=modifiers)

    def middle(self, selector: str) -> tuple[float, float]:
        x, y = self.evaluate(f"(() => {{ const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
                             " return [box.x + box.width / 2, box.y + box.height / 2]; })()")
        return x, y

    def mouse(self, kind: str, x: float, y: float) -> None:
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    def click(self, selector: str) -> None:
        x, y = self.middle(selector)
        self.mouse("mousePressed", x, y)
        self.mouse("mouseReleased", x, y)

    def drag(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self.mouse("mousePressed", x, y)
        for step in range(1, 6):
            self.mouse("mouseMoved", x + (to_x - x) * step / 5, y + (to_y - y) * step / 5)
        self.mouse("mouseReleased", to_x, to_y)

    def screenshot(self, path: pathlib.Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
