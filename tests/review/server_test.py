#!/usr/bin/env python3
"""server_test.py BUILD WORK: the server of `oldfilm review`, without a browser.

Who may talk to it; what its API changes in the project and the ledger; what it says of bad input.
"""
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from reviewed import Project, Review  # noqa: E402


def error_of(answer: tuple[int, dict, bytes]) -> str:
    return json.loads(answer[2])["error"]["text"]


def check_access(review: Review) -> None:
    def get(path: str = "/api/project", **headers: str) -> tuple[int, dict, bytes]:
        return review.request("GET", path, **headers)

    for wrong in ({"X_Oldfilm_Token": ""}, {"X_Oldfilm_Token": "0" * 64}, {"X_Oldfilm_Token": review.token[:-1]}):
        assert get(**wrong)[0] == 403, wrong
        assert get("/frames/before/0.png", **wrong)[0] == 403
        assert get("/", **wrong)[0] == 403
    assert "no token" in error_of(get(X_Oldfilm_Token=""))
    # Another name that leads to this machine (DNS rebinding), another port, none.
    for host in ("evil.example", f"evil.example:{review.port}", "127.0.0.1:1", "127.0.0.1", ""):
        assert get(Host=host)[0] in (400, 403), host
    assert get(Host=f"localhost:{review.port}")[0] == 200
    for origin in ("http://evil.example", "null", f"https://{review.host}", f"http://localhost:{review.port}"):
        answer = get(Origin=origin)
        assert answer[0] == 403 and "no access" in error_of(answer), origin
        assert review.request("POST", "/api/undo", b"{}", Origin=origin)[0] == 403
    assert get(Origin=f"http://{review.host}")[0] == 200
    # What a form of another page can send.
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert review.request("POST", "/api/undo", b"{}", Content_Type=kind)[0] == 403, kind
    headers = get()[1]
    assert "Access-Control-Allow-Origin" not in headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    # Only the loopback answers.
    with socket.socket() as elsewhere:
        elsewhere.settimeout(2)
        assert elsewhere.connect_ex((socket.gethostbyname(socket.gethostname()), review.port)) != 0 \
            or socket.gethostbyname(socket.gethostname()).startswith("127.")


def check_first_load(review: Review) -> None:
    status, headers, _ = review.request("GET", f"/?token={review.token}", X_Oldfilm_Token="")
    assert status == 303 and headers["Location"] == "/"
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    status, _, page = review.request("GET", "/", X_Oldfilm_Token="", Cookie=f"a=b; {cookie.split(';')[0]}")
    assert status == 200 and b"<title>oldfilm review</title>" in page
    assert review.request("GET", "/?token=guess", X_Oldfilm_Token="")[0] == 403
    for line in page.decode().splitlines():
        assert "://" not in line, f"the page asks somebody else: {line}"
    assert review.request("GET", "/main.js")[1]["Content-Type"].startswith("text/javascript")


def check_bad_requests(review: Review) -> None:
    for path in ("/../project.json", "/..%2f..%2fproject.json", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
                 "/frames/before/../../p/project.json", "/main.js/..", "/nothing"):
        assert review.request("GET", path)[0] == 404, path
    for path in ("/frames/before/48.png", "/frames/before/99999999999999999999999.png", "/thumbnails/after/48.jpg"):
        answer = review.request("GET", path)
        assert answer[0] == 404 and "48 frames" in error_of(answer), path
    for body in (b"", b"{", b"[]", b"\xff\xfe", b'{"revision": 1}', b'{"decisions": 3}', b'{"decisions": [{"id": "x"}]}',
                 b"[" * 100000):
        for path in ("/api/shots/s0", "/api/regions", "/api/decisions"):
            answer = review.request("POST", path, body)
            assert answer[0] == 400 and "not understood" in error_of(answer), (path, body[:20], answer)
    assert review.request("POST", "/api/shots/nothing", b"{}")[0] == 404
    assert review.request("GET", "/api/shots/nothing/repairs")[0] == 404
    assert review.request("DELETE", "/api/project")[0] in (403, 404)
    assert review.request("POST", "/api/undo", b"x" * (5 << 20))[0] == 413


def check_shots(project: Project, review: Review) -> None:
    state = review.get("/api/project")
    shot = state["shots"][1]
    wanted = shot | {"stages": {"scratch-removal": {"sensitivity": 0.4}}, "note": "a note", "kind": "title_card",
                     "revision": state["revision"]}
    status = review.post("/api/shots/s12", wanted)
    stored = project.document()["shots"][1]
    assert stored["stages"] == {"scratch-removal": {"sensitivity": 0.4}} and stored["note"] == "a note", stored
    assert stored["kind"] == "title_card"
    # A page that shows the project as it was before.
    refused = review.post("/api/shots/s12", wanted | {"note": "another"}, 409)
    assert "nothing of that was overwritten" in refused["error"]["text"]
    assert project.document()["shots"][1]["note"] == "a note"
    now = wanted | {"revision": status["revision"]}
    for stages in ({"scratch-removal": {"sensitivity": 99}}, {"scratch-removal": {"no": 1}},
                   {"scratch-removal": {"model": "x"}}):
        assert review.post("/api/shots/s12", now | {"stages": stages}, 400)["error"]["text"], stages
    assert review.post("/api/shots/s12", now | {"kind": "card"}, 400)
    # Undone and made again; what another program changed meanwhile stays.
    status = review.post("/api/undo", {})
    assert "stages" not in project.document()["shots"][1] and status["history"]["redo"]
    review.post("/api/redo", {})
    assert project.document()["shots"][1]["note"] == "a note"
    project.run("project", "set", "p", "s12", "--note", "by hand")
    assert "was changed" in review.post("/api/undo", {}, 409)["error"]["text"]
    assert project.document()["shots"][1]["note"] == "by hand"
    project.run("project", "set", "p", "s12", "--note", "a note")
    review.post("/api/undo", {})


def check_regions(project: Project, review: Review) -> None:
    state = review.get("/api/project")
    region = {"id": "r1", "action": "protect", "first": 12, "last": 12, "note": "",
              "polygon": [[38, 18], [46, 18], [46, 26], [38, 26]]}
    revision = state["revision"]
    outside = region | {"polygon": [[0, 0], [900, 0], [900, 9]]}
    assert review.post("/api/regions", {"revision": revision, "regions": [outside]}, 400)
    review.post("/api/regions", {"revision": revision, "regions": [region]})
    assert project.document()["regions"][0]["id"] == "r1"
    review.post("/api/undo", {})
    assert not project.document().get("regions")


def check_decisions(project: Project, review: Review) -> None:
    found = review.get("/api/shots/s0/repairs")
    suspicions = [series["suspicion"] for series in found["series"]]
    assert suspicions == sorted(suspicions, reverse=True) and 0 <= suspicions[-1] <= suspicions[0] <= 1
    repair = found["series"][0]["repairs"][0]["id"]
    reject = {"decisions": [{"id": repair, "was": "automatic", "decision": "rejected"}]}
    review.post("/api/decisions", reject)
    listed = json.loads(project.run("ledger", "list", "p", "--decision", "rejected", "--json"))
    assert [row["id"] for row in listed] == [repair] and listed[0]["by"]
    # Another window judged it first.
    assert "decision about repair" in review.post("/api/decisions", reject, 409)["error"]["text"]
    review.post("/api/undo", {})
    assert json.loads(project.run("ledger", "list", "p", "--decision", "rejected", "--json")) == []
    review.post("/api/redo", {})
    gone = {"decisions": [{"id": 1 << 40, "was": "automatic", "decision": "rejected"}]}
    assert review.post("/api/decisions", gone, 404)


def wait_for_rendering(review: Review) -> dict:
    for _ in range(600):
        status = review.get("/api/status")["rendering"]
        if status["state"] != "running":
            return status
        time.sleep(0.1)
    raise AssertionError("the rendering does not end")


def check_rendering(project: Project, review: Review) -> None:
    def speck(side: str) -> bytes:
        version = review.get("/api/project")["result"]["version"]
        return review.request("GET", f"/frames/{side}/0.png?v={version}")[2]

    assert speck("before")[1:4] == b"PNG" and speck("before") != speck("after")
    assert review.get("/api/project")["result"]["evidence"] is True
    status, _, overlay = review.request("GET", "/evidence/0.png")
    with_transparency = 6  # color type of PNG
    assert status == 200 and overlay[25] == with_transparency, (status, overlay[:30])
    assert overlay != review.request("GET", "/evidence/1.png")[2], "frame 0 has a repair"
    review.post("/api/render", {})
    status = wait_for_rendering(review)
    assert status["state"] == "done", status
    assert "12 of 48 frames" in status["text"], status  # the shot with the rejected repair
    assert project.run("verify", "in.mkv", "out.mkv", "--project", "p").count("proved") >= 3
    note = json.loads((project.work / "p/rendering.json").read_text(encoding="utf-8"))
    assert note["evidence"] == "evidence.mkv" and note["output"] == "../out.mkv" and note["codec"] == "ffv1" and note["finished"]


def check_settings(project: Project, review: Review) -> None:
    """Previews are made with settings that are not saved; curves and proxies when they are asked for."""
    shot = review.get("/api/project")["shots"][0]

    def preview(frame: int, **changes: object) -> tuple[int, dict, bytes]:
        document = {"shot": shot["id"], "frame": frame, "settings": shot | changes}
        return review.request("POST", "/api/preview", json.dumps(document).encode())

    before = review.request("GET", "/frames/before/5.png")[2]
    status, headers, on = preview(5)
    assert status == 200 and headers["X-Oldfilm-Note"] == "from frames 3 to 7" and on != before
    assert preview(5, stages={"scratch-removal": False})[2] == before
    assert preview(5, excluded=True)[2] == before
    assert "not in shot" in error_of(preview(12))
    assert preview(5, stages={"scratch-removal": {"sensitivity": 7}})[0] == 400
    curves = review.get("/api/shots/s0/curves")
    assert [len(curves["before"][name]) for name in ("exposure", "flicker", "weave")] == [12, 12, 12]
    assert len(curves["after"]["exposure"]) == len(curves["repairs"]) == 12
    assert sum(curves["repairs"]) == review.get("/api/shots/s0/repairs")["totals"]["repairs"]
    for side in ("before", "after"):
        status, headers, clip = review.request("GET", f"/clips/{side}/s0.mp4")
        assert status == 200 and headers["Content-Type"] == "video/mp4"
        (project.work / "clip.mp4").write_bytes(clip)
        found = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries",
                                "stream=codec_name,pix_fmt,nb_read_frames", "-of", "csv=p=0", "clip.mp4"],
                               cwd=project.work, capture_output=True, text=True, check=True).stdout.strip()
        assert found in ("h264,yuv420p,12", "h264,yuvj420p,12"), found  # the range is that of the film
    part = review.request("GET", "/clips/after/s0.mp4", Range="bytes=0-99")
    assert part[0] == 206 and len(part[2]) == 100, part[:2]


def check_report(project: Project) -> None:
    page = pathlib.Path(project.run("report", "p", "--out", "report").strip())
    report = json.loads((project.work / "report/report.json").read_text(encoding="utf-8"))
    assert report["film"]["frames"] == 48 and len(report["shots"]) == 4
    totals = json.loads(project.run("ledger", "show", "p", "--json"))
    assert report["totals"]["share"] == totals["share"] and report["totals"]["rejected"] == 1
    assert sum(kind["repairs"] for kind in report["kinds"].values()) == report["totals"]["repairs"]
    text = (project.work / page).read_text(encoding="utf-8")
    for name in [shot["pictures"][side] for shot in report["shots"] for side in ("before", "after")]:
        assert (project.work / "report" / name).read_bytes()[:2] == b"\xff\xd8" and f'src="{name}"' in text
    assert "://" not in text and "<script" not in text


def check_without_rendering(project: Project) -> None:
    with Review(project) as review:
        state = review.get("/api/project")
        assert state["result"]["state"] == "none" and "not rendered yet" in state["result"]["text"]
        answer = review.request("GET", "/frames/after/0.png")
        assert answer[0] == 404 and "no rendering" in error_of(answer)
        answer = review.request("GET", "/evidence/0.png")
        assert answer[0] == 404 and "no evidence film" in error_of(answer)
        unwritten = subprocess.run(project.command("report", "p"), cwd=project.work, env=project.environment,
                                   capture_output=True, text=True, check=False)
        assert unwritten.returncode == 2 and "no rendering of this project" in unwritten.stderr, unwritten
        taken = subprocess.run(project.command("review", "p", "--no-browser", "--port", str(review.port)),
                               cwd=project.work, env=project.environment, capture_output=True, text=True, check=False)
        assert taken.returncode == 1 and f"port {review.port}" in taken.stderr, taken


def check_what_is_gone(project: Project) -> None:
    (project.work / "in.mkv").rename(project.work / "moved.mkv")
    shutil.copy(project.work / "out.mkv", project.work / "kept.mkv")
    with open(project.work / "out.mkv", "ab") as result:
        result.write(b"more")
    with Review(project) as review:
        state = review.get("/api/project")
        assert "project relink" in state["source"]["error"]
        assert state["result"]["state"] == "replaced" and "render again" in state["result"]["text"]
        assert "project relink" in error_of(review.request("GET", "/frames/before/0.png"))
        assert "project relink" in review.post("/api/render", {}, 404)["error"]["text"]
        (project.work / "out.mkv").unlink()
        assert review.get("/api/project")["result"]["state"] == "missing"
    with Review(project, "--result", "kept.mkv") as review:
        assert review.get("/api/project")["result"]["state"] == "ready"
    (project.work / "moved.mkv").rename(project.work / "in.mkv")
    nothing = subprocess.run(project.command("review", "nothing", "--no-browser"), cwd=project.work,
                             env=project.environment, capture_output=True, text=True, check=False)
    assert nothing.returncode == 2 and "oldfilm project new" in nothing.stderr, nothing


def main() -> None:
    project = Project(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve())
    check_without_rendering(project)
    project.render()
    with Review(project) as review:
        check_access(review)
        check_first_load(review)
        check_bad_requests(review)
        check_shots(project, review)
        check_regions(project, review)
        check_decisions(project, review)
        check_rendering(project, review)
        check_settings(project, review)
    check_report(project)
    check_what_is_gone(project)
    print("the server answers its page, and nobody else")


if __name__ == "__main__":
    main()
