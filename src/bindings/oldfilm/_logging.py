"""Where messages go without a `log` argument: the logger "oldfilm"."""
import logging

_LOGGER = logging.getLogger("oldfilm")
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}


def to_logger(level: str, text: str) -> None:
    _LOGGER.log(_LEVELS[level], "%s", text)
