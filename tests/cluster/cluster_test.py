#!/usr/bin/env python3
"""cluster_test.py BUILD WORK [NAME ...]: films that several workers restore through a folder.

However the work was divided, interrupted or damaged, the film must be the one that `oldfilm restore` makes, byte for
byte, and what is missing must be said.
"""
import os
import random
import shutil
import signal
import sys
import time

from films import Place, check, check_in

# Quick, and with all that workers must keep: it analyzes whole shots.
QUICK = ["--stage", "deflicker", "--codec", "ffv1"]
SHOTS = [40, 30, 6, 40, 20, 24]


def wait_for_segments(place, job, at_least, program):
    """Until so many segments are complete, or the worker has ended."""
    segments = place.folder / job / "segments"
    while len(list(segments.glob("[0-9]*.json"))) < at_least and program.poll() is None:
        time.sleep(0.01)


def planned(place, job, *how, film="film.mkv"):
    shutil.rmtree(place.folder / job, ignore_errors=True)
    return place.run("plan-job", film, job, *how)


def test_equal(place):
    """Sound, masks, evidence, a rate changer, stages that analyze, h264: as one program makes it."""
    how = ["--stage", "stabilize", "--stage", "scratch-removal", "--stage", "interpolate:fps=24"]
    place.run("restore", "short.mkv", "whole.mp4", *how, "--mask-out", "whole-mask.mkv",
              "--evidence-out", "whole-evidence.mkv")
    planned(place, "job", *how, "--container", ".mp4", "--mask-out", "mask.mkv",
            "--evidence-out", "evidence.mkv", "--items", 3, film="short.mkv")
    items = place.status("job")["items"]
    check(items == 3, f"3 items were planned, found {items}")
    for item in (2, 0, 1):  # any order
        place.run("work", "job", "--item", item)
    check_in("frames from 64", place.run("finish", "job", "made.mp4"))
    check(place.bytes("made.mp4") == place.bytes("whole.mp4"), "the film is another")
    check(place.bytes("mask.mkv") == place.bytes("whole-mask.mkv"), "the mask film is another")
    check(place.bytes("evidence.mkv") == place.bytes("whole-evidence.mkv"), "the evidence film is another")
    check(not (place.folder / "made.mp4.oldfilm-job").exists(), "the job folder of the output is left")


def test_few_key_frames(place):
    """Items are read from where they begin; the frames there are those of a pass from the start."""
    place.ffmpeg("-i", "film.mkv", "-c:v", "libx264", "-g", "90", "-bf", "3", "-x264-params", "open-gop=1", "-c:a", "copy",
                 "coded.mkv")
    place.run("restore", "coded.mkv", "coded-whole.mkv", *QUICK)
    planned(place, "job", *QUICK, "--items", 5, film="coded.mkv")
    for item in (4, 1, 3, 0, 2):
        place.run("work", "job", "--item", item)
    place.run("finish", "job", "made.mkv")
    check(place.bytes("made.mkv") == place.bytes("coded-whole.mkv"), "the film is another")


def test_preset(place):
    """What is decided shot by shot is decided once."""
    how = ["--preset", "tv-archive", "--grain", "0.5"]
    place.run("restore", "short.mkv", "whole.mkv", *how)
    planned(place, "job", *how, "--items", 3, film="short.mkv")
    place.run("work", "job", "--claim")
    place.run("finish", "job", "made.mkv")
    check(place.bytes("made.mkv") == place.bytes("whole.mkv"), "the film is another")


def test_claims(place):
    """Four workers at once: each item is done once."""
    planned(place, "job", *QUICK, "--items", 6)
    workers = [place.begin("work", "job", "--claim") for _ in range(4)]
    found = [worker.communicate(timeout=300) for worker in workers]
    check(all(worker.returncode == 0 for worker in workers), f"a worker failed: {found}")
    done = sum(int(out.split()[0]) for out, _ in found)
    check(done == place.status("job")["items"], f"{done} items were done: {found}")
    check_in("0 items", place.run("work", "job"))  # nothing is left
    place.run("finish", "job", "made.mkv")
    check(place.bytes("made.mkv") == place.bytes("quick.mkv"), "the film is another")


def test_two_on_one_item(place):
    """The second waits for the first; without a claim between them they write the same bytes."""
    planned(place, "job", *QUICK, "--items", 1)
    workers = [place.begin("work", "job", "--item", 0) for _ in range(2)]
    found = [worker.communicate(timeout=300) for worker in workers]
    check([worker.returncode for worker in workers] == [0, 0], f"a worker failed: {found}")
    shutil.rmtree(place.folder / "job" / "claims")
    for record in (place.folder / "job" / "segments").glob("*.json"):
        record.unlink()
    first = place.begin("work", "job", "--item", 0)
    while not (place.folder / "job" / "claims").exists() and first.poll() is None:
        time.sleep(0.01)
    time.sleep(0.05)
    for claim in (place.folder / "job" / "claims").glob("*.1"):
        claim.unlink()
    place.run("work", "job", "--item", 0)
    first.communicate(timeout=300)
    check(first.returncode == 0, "the first worker failed")
    place.run("finish", "job", "made.mkv")
    check(place.bytes("made.mkv") == place.bytes("quick.mkv"), "the film is another")


def test_kills(place):
    """SIGKILL ten times in the middle; what was complete is not made again."""
    planned(place, "job", *QUICK, "--items", 6)
    kills = 0
    for segments in range(10):
        worker = place.begin("work", "job", "--claim")
        wait_for_segments(place, "job", min(segments // 2 + 1, 5), worker)
        time.sleep(random.random() / 20)
        kills += worker.poll() is None
        worker.kill()
        worker.communicate()
    check(kills >= 5, f"only {kills} of 10 workers were killed at work")
    place.run("work", "job", "--claim")
    place.run("finish", "job", "made.mkv")
    check(place.bytes("made.mkv") == place.bytes("quick.mkv"), "the film is another")


def test_stale_claim(place):
    """The claim of a machine that is silent expires; that of one that is not keeps others away."""
    planned(place, "job", *QUICK, "--items", 2, "--expire", 30)
    claim = place.folder / "job" / "claims" / "000001.1"
    claim.parent.mkdir(exist_ok=True)
    claim.write_text('{"host": "elsewhere", "pid": 1, "processes": "other", "begun": 0}')
    check_in("1 item", place.run("work", "job", "--claim", "--no-wait"))
    workers = place.status("job")["workers"]
    check([(one["host"], one["item"]) for one in workers] == [("elsewhere", 1)], f"found {workers}")
    check_in("1 of 2 items are not done: 1", place.run("finish", "job", "made.mkv", status=1))
    expires = time.time() + 4
    os.utime(claim, (expires - 30, expires - 30))  # the last sign of life
    check_in("waiting for 1 item", place.run("work", "job", "--item", 1))
    check(time.time() > expires, "a claim that had not expired was taken")
    check((claim.parent / "000001.2").exists(), "the claim is not of the next generation")
    place.run("finish", "job", "made.mkv")
    check(place.bytes("made.mkv") == place.bytes("quick.mkv"), "the film is another")


def test_full_disk(place):
    """An item that fails is said, tried again by others, and left to a person after three times."""
    planned(place, "job", *QUICK, "--items", 1)
    for attempt in range(3):
        worker = place.begin("work", "job", "--claim", limit=20000)
        out, error = worker.communicate(timeout=300)
        check(worker.returncode == 1 and "make room" in error, f"attempt {attempt}: {out}{error}")
    failures = place.status("job")["failures"]
    check(len(failures) == 1 and failures[0]["failures"] == 3 and "make room" in failures[0]["message"],
          f"found {failures}")
    check_in("failed 3 times", place.run("work", "job", "--claim", status=1))
    check_in("items are not done", place.run("finish", "job", "made.mkv", status=1))
    check(not (place.folder / "made.mkv").exists(), "a film with gaps was published")
    place.run("work", "job", "--claim", "--retry")
    place.run("finish", "job", "made.mkv")
    check(place.bytes("made.mkv") == place.bytes("quick.mkv"), "the film is another")


def test_damaged_segments(place):
    """A segment that is damaged, cut off or missing is named, and made again."""
    planned(place, "job", *QUICK, "--items", 3)
    place.run("work", "job")
    segments = place.folder / "job" / "segments"
    data = bytearray((segments / "film-000001.packets").read_bytes())
    data[len(data) // 2] ^= 1
    (segments / "film-000001.packets").write_bytes(data)
    (segments / "film-000000.packets").unlink()
    (segments / "000003.json").write_text("{}")
    said = place.run("finish", "job", "made.mkv", status=1)
    check_in("items are not done", said)
    check_in("damaged, and will be made again", said)
    place.run("work", "job")
    place.run("finish", "job", "made.mkv")
    check(place.bytes("made.mkv") == place.bytes("quick.mkv"), "the film is another")
    check_in("exists already", place.run("finish", "job", "made.mkv", status=2))
    place.run("finish", "job", "made.mkv", "--overwrite")


def test_refusals(place):
    """A worker that would make other bytes says why, and so does a plan that nobody can use."""
    planned(place, "job", *QUICK, "--items", 2)
    check_in("must be new or empty", place.run("plan-job", "film.mkv", "job", *QUICK, status=2))
    check_in("the plan has 1 threads, and this worker has 2",
             place.run("work", "job", status=1, OMP_NUM_THREADS="2"))
    check_in("CPU", place.run("work", "job", status=1, ATEN_CPU_CAPABILITY="default", ONEDNN_MAX_CPU_ISA="SSE41"))
    check_in("the plan has items 0 to 1", place.run("work", "job", "--item", 2, status=2))
    check_in("plan-job", place.run("work", "nowhere", status=1))
    check_in(".mkv", place.run("finish", "job", "made.mp4", status=2))
    check_in("no stages", place.run("plan-job", "film.mkv", "other", "--stage", "none", status=1))
    check_in("files", place.run("plan-job", "film.mkv", "third", *QUICK[:2], "--container", ".y4m", status=1))
    check_in("one device", place.run("plan-job", "film.mkv", "fourth", *QUICK, "--device", "cpu,cpu", status=1))
    plan = place.folder / "job" / "plan.json"
    text = plan.read_text()
    plan.write_text(text.replace('"claim_seconds": 120', '"claim_seconds": 121'))
    check_in("its checksum is another", place.run("status", "job", status=1))
    plan.write_text(text)
    film = place.folder / "film.mkv"
    whole = film.read_bytes()
    film.write_bytes(whole + b"more")
    try:
        check_in("/input", place.run("work", "job", status=1))
    finally:
        film.write_bytes(whole)


def test_stop(place):
    """SIGTERM: what is complete stays, and the item is free at once."""
    planned(place, "job", "--stage", "stabilize", "--codec", "ffv1", "--items", 1, "--expire", 600)
    worker = place.begin("work", "job")
    wait_for_segments(place, "job", 1, worker)
    worker.send_signal(signal.SIGTERM)
    out, error = worker.communicate(timeout=300)
    check(worker.returncode in (0, 130), f"status {worker.returncode}: {out}{error}")
    check(not place.status("job")["workers"], "a worker that was stopped keeps its claim")
    place.run("work", "job")
    place.run("finish", "job", "made.mkv")


def main():
    build, work, *names = sys.argv[1:]
    shutil.rmtree(work, ignore_errors=True)
    place = Place(build, work)
    place.film("film.mkv", SHOTS)
    place.film("short.mkv", [24, 20, 20])
    place.run("restore", "film.mkv", "quick.mkv", *QUICK)
    random.seed(25)
    for name, test in list(globals().items()):
        if name.startswith("test_") and (not names or name[5:] in names):
            for old in place.folder.glob("made.*"):
                old.unlink()
            begun = time.monotonic()
            test(place)
            print(f"{name[5:]}: {time.monotonic() - begun:.1f} s", flush=True)
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
