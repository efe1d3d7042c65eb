"""Runs that have not ended when Python does: their threads must not meet an interpreter that is being taken down."""
import atexit
import weakref

from oldfilm._core import Run

_open: "weakref.WeakSet[Run]" = weakref.WeakSet()


def remember(run: Run) -> None:
    _open.add(run)


@atexit.register
def _close_all() -> None:
    for run in list(_open):
        run.close()
