"""The endpoint's log records: one JSON object per line, with the ids of the request and the fault.

They contain no account id, no request path and no body. For an error they contain its type, where
it was raised, and its message without quoted text and long numbers.
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO

LogFormat = Literal["auto", "text", "json"]  # auto: text on a terminal, else json
# Where replicas write their log: a file, such as the output of the container's first process, or
# the datagram socket of `plait serve` on this machine (unix:PATH).
LOG_VARIABLE = "PLAIT_LOG"
request_id: ContextVar[str] = ContextVar("request_id", default="")
_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\d{5,}")
_MAX_MESSAGE, _MAX_FRAMES = 500, 12
_ATTACHED: list[logging.Handler] = []


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
        return json.dumps(record_fields(record), ensure_ascii=True)


class TextFormatter(logging.Formatter):
    """Formats a record as a line of text, followed by the frames of its error."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line, or lines."""
        return format_fields(record_fields(record))


def record_fields(record: logging.LogRecord) -> dict[str, object]:
    """Returns the fields of a line: time, level, logger, message, ids, and the error if any."""
    line: dict[str, object] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
    }
    if asked := request_id.get():
        line["request_id"] = asked
    if fault := getattr(record, "fault_id", ""):
        line["fault_id"] = fault
    if record.exc_info and (error := record.exc_info[1]) is not None:
        said = _VALUES.sub("…", str(error))[:_MAX_MESSAGE]
        line["error"] = f"{type(error).__name__}: {said}"
        frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
        line["trace"] = [f"{_short_path(f.filename)}:{f.lineno} {f.name}" for f in frames]
    return line


def _short_path(file: str) -> str:
    _, found, rest = file.rpartition("/site-packages/")
    return rest if found else "/".join(Path(file).parts[-3:])


def format_fields(line: dict[str, object]) -> str:
    """Returns the fields of a record as text."""
    ids = [f"{name}={line[f'{name}_id']}" for name in ("fault", "request") if f"{name}_id" in line]
    first = (
        f"{str(line['time'])[11:19]} {line['level']!s:<7} {' '.join([str(line['message']), *ids])}"
    )
    trace = line.get("trace")
    more = [line["error"], *(trace if isinstance(trace, list) else [])] if "error" in line else []
    return "\n".join([first, *(f"    {part}" for part in more)])


class LogSocketHandler(logging.Handler):
    """Sends records to the socket of `plait serve`. Records that it cannot accept are dropped."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._path = path
        self.setFormatter(JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Sends one record."""
        try:
            self._socket.sendto(self.format(record).encode(), self._path)
        except OSError:  # nothing listens any more, or the socket's buffer is full
            return


def attach_log_handler() -> None:
    """Sends this process's logs to the target in PLAIT_LOG, else to stderr."""
    logger = logging.getLogger("plait")
    if _ATTACHED:
        return
    place = os.environ.get(LOG_VARIABLE, "")
    handler: logging.Handler
    if place.startswith("unix:"):
        handler = LogSocketHandler(place.removeprefix("unix:"))
    else:
        handler = logging.StreamHandler(_open_log(place))
        handler.setFormatter(JsonFormatter())
    _ATTACHED.append(handler)
    logger.addHandler(handler)
    logger.propagate = False


def _open_log(place: str) -> TextIO:
    if place:
        try:
            return Path(place).open("a", encoding="ascii")
        except OSError as error:
            logging.getLogger("plait.serving").warning(
                "cannot log to %s: %s", place, error.strerror
            )
    return sys.stderr
