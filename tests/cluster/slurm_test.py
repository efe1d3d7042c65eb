#!/usr/bin/env python3
"""slurm_test.py BUILD WORK [NAME ...]: films that a Slurm of two nodes restores, which the test starts itself.

Status 77, with a message, where Slurm is not installed. `time` as NAME measures two nodes against one.
"""
import json
import os
import shutil
import signal
import sys
import time

from films import Place, check
from slurm import Slurm, missing

HOW = ["--stage", "stabilize", "--codec", "ffv1"]
SHOTS = [30, 26, 34, 28, 30, 32]


def submit(place, slurm, job, output, *options, sbatch=()):
    said = place.run("submit", "--slurm", job, output, *options, "--", *sbatch, SLURM_CONF=str(slurm.configuration))
    return dict(line.split() for line in said.splitlines())


def wait_until_over(place, slurm, job, during=lambda: None, seconds=240):
    """Until no job is left; `during` is called meanwhile."""
    end = time.monotonic() + seconds
    while slurm.jobs():
        during()
        if time.monotonic() > end:
            raise AssertionError(f"the jobs do not end\n{slurm.logs()}\n{logs(place, job)}")
        time.sleep(0.1)


def logs(place, job):
    return "\n".join(f"--- {path.name}\n{path.read_text()}" for path in (place.folder / job / "slurm").glob("*.log"))


def nodes_of(place, job):
    words = logs(place, job).split()
    return {words[i + 1] for i, word in enumerate(words) if word == "node"}


def check_film(place, slurm, job, output):
    check((place.folder / output).exists(), f"{output} was not made\n{slurm.logs()}\n{logs(place, job)}")
    check(place.bytes(output) == place.bytes("whole.mkv"), f"{output} is another film\n{logs(place, job)}")


def planned(place, job, items):
    shutil.rmtree(place.folder / job, ignore_errors=True)
    place.run("plan-job", "film.mkv", job, *HOW, "--items", items, "--expire", 4)


def test_two_nodes(place, slurm):
    """The film of two nodes is that of one program. Options reach sbatch, whatever is in them."""
    planned(place, "it's a job", 6)
    submit(place, slurm, "it's a job", "made of two.mkv", sbatch=["--comment=two words, it's $HOME"])
    wait_until_over(place, slurm, "it's a job")
    check_film(place, slurm, "it's a job", "made of two.mkv")
    check(nodes_of(place, "it's a job") == {"n1", "n2"}, f"both nodes must work\n{slurm.logs()}")


def claimed_by(place, job):
    """Processes of the claims that there are, whether they still work or not."""
    found = set()
    for claim in (place.folder / job / "claims").glob("[0-9]*"):
        try:
            found.add(json.loads(claim.read_text())["pid"])
        except (OSError, ValueError):  # not complete yet
            continue
    return found


def test_failures(place, slurm):
    """One node's disk is full, ten workers are killed, and then that node's daemon; the film is still whole."""
    slurm.kill_node("n2")
    slurm.begin_node("n2", limit=100000)
    slurm.wait(lambda: slurm.say("sinfo", "-h", "-o", "%D", "-t", "idle") == "2", "the node did not come back")
    planned(place, "job", 6)
    # The other node begins when the disk was full: it might be ready with all of it before.
    slurm.say("scontrol", "update", "NodeName=n1", "State=DRAIN", "Reason=test")
    submit(place, slurm, "job", "made.mkv", "--attempts", 100)
    slurm.wait(lambda: "make room" in logs(place, "job"), "the disk was not full", seconds=120)
    slurm.say("scontrol", "update", "NodeName=n1", "State=RESUME")
    seen, killed = set(), set()

    def trouble():
        for process in claimed_by(place, "job") - seen:
            seen.add(process)
            if len(killed) < 10:
                try:
                    os.kill(process, signal.SIGKILL)
                    killed.add(process)
                except ProcessLookupError:
                    continue
        if len(killed) == 10 and "n2" in slurm.processes and " RUNNING n2 " in slurm.jobs():
            slurm.kill_node("n2")

    wait_until_over(place, slurm, "job", trouble)
    check(len(killed) == 10, f"{len(killed)} workers were killed\n{logs(place, 'job')}")
    check("n2" not in slurm.processes, f"the daemon was not killed\n{logs(place, 'job')}")
    check_film(place, slurm, "job", "made.mkv")


def measure(place, slurm):
    """Seconds of the work on two nodes, and on one."""
    place.film("film.mkv", [60] * 8, size="240x184")
    seconds = {}
    for nodes in (["n1"], ["n1", "n2"], ["n1"], ["n1", "n2"]):
        shutil.rmtree(place.folder / "job", ignore_errors=True)
        place.run("plan-job", "film.mkv", "job", *HOW, "--items", 8)
        begun = time.monotonic()
        submit(place, slurm, "job", "made.mkv", "--overwrite",
               sbatch=[] if len(nodes) == 2 else ["--exclude=n2"])
        wait_until_over(place, slurm, "job", seconds=600)
        seconds.setdefault(len(nodes), []).append(time.monotonic() - begun)
        print(f"{len(nodes)} node(s): {seconds[len(nodes)][-1]:.1f} s", flush=True)
    print(f"ratio {min(seconds[2]) / min(seconds[1]):.2f}")


def main():
    build, work, *names = sys.argv[1:]
    if absent := missing():
        print(f"skipped: Slurm is not installed ({', '.join(absent)} not found); apt-get install slurm-wlm munge")
        raise SystemExit(77)
    shutil.rmtree(work, ignore_errors=True)
    place = Place(build, work)
    with Slurm() as slurm:
        if names == ["time"]:
            measure(place, slurm)
            return
        place.film("film.mkv", SHOTS, size="128x96")
        place.run("restore", "film.mkv", "whole.mkv", *HOW)
        for name, test in list(globals().items()):
            if name.startswith("test_") and (not names or name[5:] in names):
                begun = time.monotonic()
                test(place, slurm)
                print(f"{name[5:]}: {time.monotonic() - begun:.1f} s", flush=True)
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
