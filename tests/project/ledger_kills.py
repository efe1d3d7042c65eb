#!/usr/bin/env python3
"""ledger_kills.py BUILD WORK [KILLS]: renderings that are killed lose no decision and break no ledger.

Each round judges a repair, begins to render the film again, and kills that with SIGKILL at a random moment (the seed is
fixed). Then the database must be whole, all decisions must be there, and repairs that nobody rejected must have the rows
of the first rendering.
"""
import pathlib
import random
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "review"))
from reviewed import Project  # noqa: E402


class KilledProject(Project):
    """A project of which a rendering is killed."""

    def render_and_kill(self, after: float) -> bool:
        """Whether it was killed before its end."""
        with subprocess.Popen(self.command("restore", "--project", "p", "again.mkv", "--overwrite", "--codec", "ffv1"),
                              cwd=self.work, env=self.environment, stderr=subprocess.DEVNULL) as process:
            time.sleep(after)
            process.kill()
            return process.wait() < 0

    def query(self, sql: str) -> list[tuple]:
        database = sqlite3.connect(self.work / "p/ledger.sqlite")
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()


def others(rows: list[tuple], rejected: set[int], first: list[tuple]) -> list[tuple]:
    """Rows of repairs that are in no series with a rejected one: without its first repair a series is another."""
    series = {row[1] for row in first if row[0] in rejected}
    touched = {row[0] for row in first if row[1] in series}
    return [row for row in rows if row[0] not in touched]


def main() -> None:
    build, work = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    kills = int(sys.argv[3]) if len(sys.argv) > 3 else 8
    project = KilledProject(build, work, seconds=6)
    start = time.monotonic()
    project.run("restore", "--project", "p", "out.mkv", "--codec", "ffv1")
    whole = time.monotonic() - start
    rows = "SELECT id, series, frame, x, y, width, height, area, kind, present FROM repairs ORDER BY id"
    first = project.query(rows)
    assert len(first) >= 10, f"the film has {len(first)} repairs, too few for this test"
    chance = random.Random(2026)
    decisions: dict[int, tuple[str, str]] = {}
    ever_rejected: set[int] = set()
    killed = 0
    for number in range(kills):
        repair = chance.choice(first)[0]
        what = chance.choice(["accept", "reject"])
        project.run("ledger", what, "p", str(repair), "--by", f"judge {number}")
        decisions[repair] = (what + "ed", f"judge {number}")
        killed += project.render_and_kill(chance.uniform(0.2, 1.0) * whole)
        assert project.query("PRAGMA integrity_check") == [("ok",)], f"kill {number} damaged the ledger"
        found = {row[0]: row[1:] for row in project.query("SELECT id, decision, decided_by FROM repairs "
                                                          "WHERE decision <> 'automatic'")}
        assert found == decisions, f"after kill {number}: {found}, expected {decisions}"
        # One that is accepted again is made again when its frame is rendered to the end.
        ever_rejected |= {repair} if what == "reject" else set()
        now = others(project.query(rows), ever_rejected, first)
        assert now == others(first, ever_rejected, first), f"kill {number} changed repairs"
    project.run("restore", "--project", "p", "again.mkv", "--overwrite", "--codec", "ffv1")
    rejected = {repair for repair, (decision, _) in decisions.items() if decision == "rejected"}
    last = project.query(rows)
    assert others(last, rejected, first) == others(first, rejected, first)
    assert all(not row[-1] for row in last if row[0] in rejected), "a rejected repair was made"
    assert killed > 0
    print(f"{killed} of {kills} renderings were killed, {len(decisions)} decisions are there")


if __name__ == "__main__":
    main()
