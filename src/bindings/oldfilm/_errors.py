"""The exception class of the package."""
import pathlib
import traceback


class Error(RuntimeError):
    """The library's only exception class. Its text is one sentence: what was expected, what was found, what to do next.

    ``code`` is the category, for programs to act on: "invalid_argument", "not_found", "unreadable", "unsupported",
    "incompatible", "format_mismatch", "out_of_memory", "io", "stage_failed", "cancelled" or "internal".
    """

    __module__ = "oldfilm"

    def __init__(self, sentence: str, code: str = "internal") -> None:
        super().__init__(sentence, code)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[0])


def described(error: BaseException) -> str:
    """One sentence: the class of the exception, its text, and the line that raised it."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return text
    last = frames[-1]
    return f"{text} (in {last.name}, {pathlib.Path(last.filename).name}:{last.lineno})"
