"""The server's log: plain lines or JSON, our own words from a level on, others' warnings only."""

import json
import logging
import sys
import time
from typing import TextIO

from platone.infra.log_rate import LogRate
from platone.infra.request_number import current_request

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("plain", "json")
_PLAIN = "%(levelname)s %(name)s: %(message)s"
_OURS = "platone"
"""Logger of the program's own words. Libraries tell headers and addresses below a warning."""


class PlainForm(logging.Formatter):
    """One line an event, for people, with the request's number at its end where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of an event."""
        line, number = super().format(record), current_request()
        return f"{line} [request {number}]" if number else line


class JsonForm(logging.Formatter):
    """One JSON object an event, in one line, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of an event."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        told: dict[str, object] = {
            "at": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": record.getMessage(),
        }
        if number := current_request():
            told["request"] = number
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def write_log(form: str, level: str, stream: TextIO | None = None) -> None:
    """Have the log written to a stream, a kind of line some times a minute at most.

    Args:
        form: ``plain`` or ``json``.
        level: The least level of our own lines.
        stream: Where to; none: the standard error.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(LogRate())
    handler.setFormatter(JsonForm() if form == "json" else PlainForm(_PLAIN))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger(_OURS).setLevel(level.upper())
