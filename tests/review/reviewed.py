"""A small project, and `oldfilm review` of it, for the tests of the review."""
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import urllib.parse

FILM = ("testsrc2=size={size}:rate=16:duration={seconds},hue=s=0,"
        "drawbox=x=40:y=20:w=4:h=4:c=white:t=fill:enable=lt(mod(n\\,5)\\,1),format=gray")


class Project:
    """A film with specks, cut into shots of twelve frames, and its project `p`, in `work`."""

    def __init__(self, build: pathlib.Path, work: pathlib.Path, size: str = "64x48", seconds: int = 3) -> None:
        self.start_in(build, work)
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", FILM.format(size=size, seconds=seconds), "-c:v",
                        "ffv1", "in.mkv"], cwd=work, check=True)
        (work / "cuts").write_text("\n".join(str(frame) for frame in range(0, 16 * seconds, 12)), encoding="utf-8")
        self.run("project", "new", "in.mkv", "p", "--stage", "scratch-removal", "--shots", "cuts")

    def start_in(self, build: pathlib.Path, work: pathlib.Path) -> None:
        """An empty folder."""
        self.build = build
        self.work = work
        self.environment = os.environ | {"OLDFILM_PLUGIN_PATH": str(build / "plugins"), "OMP_NUM_THREADS": "1"}
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)

    def command(self, *arguments: str) -> list[str]:
        return [str(self.build / "bin/oldfilm"), *arguments]

    def run(self, *arguments: str) -> str:
        done = subprocess.run(self.command(*arguments), cwd=self.work, check=False, capture_output=True, text=True,
                              env=self.environment)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    def render(self) -> None:
        self.run("restore", "--project", "p", "out.mkv", "--codec", "ffv1", "--overwrite", "--progress", "none",
                 "--evidence-out", "p/evidence.mkv")

    def document(self) -> dict:
        return json.loads((self.work / "p/project.json").read_text(encoding="utf-8"))


class Review:
    """`oldfilm review p`, until the end of a with statement."""

    def __init__(self, project: Project, *options: str) -> None:
        self.project = project
        self.options = options

    def __enter__(self) -> "Review":
        self.process = subprocess.Popen(self.project.command("review", "p", "--no-browser", *self.options),
                                        cwd=self.project.work, env=self.project.environment, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        assert self.address, self.process.stderr.read()
        parts = urllib.parse.urlsplit(self.address)
        self.host, self.port = parts.netloc, parts.port
        self.token = urllib.parse.parse_qs(parts.query)["token"][0]
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()
        self.process.stderr.close()

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict, bytes]:
        """Status, headers and body. Of `headers`, those that are "" are left out; _ stands for -."""
        sent = {"Host": self.host, "X-Oldfilm-Token": self.token}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            if value:
                connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), content

    def get(self, path: str) -> dict:
        status, _, content = self.request("GET", path)
        assert status == 200, (path, status, content)
        return json.loads(content)

    def post(self, path: str, document: object, expected: int = 200) -> dict:
        status, _, content = self.request("POST", path, json.dumps(document).encode())
        assert status == expected, (path, status, content)
        return json.loads(content)
