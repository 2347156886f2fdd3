"""Prints the replicas' logs on the terminal of `plait serve`."""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from plait.serving.json_logs import (
    LOG_VARIABLE,
    JsonFormatter,
    LogFormat,
    TextFormatter,
    format_fields,
)
from plait.store.local_folders import socket_folder

_MAX_RECORD = 2**20


@contextmanager
def print_replica_logs(form: LogFormat = "auto", stream: TextIO | None = None) -> Iterator[None]:
    """Prints the logs of this process and of the replicas it starts, until the block ends.

    Args:
        form: text for people, json for programs; auto: text on a terminal, else json.
        stream: where to; default: stderr.
    """
    stream = stream or sys.stderr
    text = form == "text" or (form == "auto" and stream.isatty())
    name = f"{secrets.token_hex(8)}.log"
    path = socket_folder(len(name)) / name
    logger, handler = logging.getLogger("plait"), logging.StreamHandler(stream)
    handler.setFormatter(TextFormatter() if text else JsonFormatter())
    before, propagated = os.environ.get(LOG_VARIABLE), logger.propagate
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(path))
        thread = threading.Thread(
            target=_print_records, args=(listening, handler, text), daemon=True
        )
        thread.start()
        os.environ[LOG_VARIABLE] = f"unix:{path}"
        logger.addHandler(handler)
        logger.propagate = False
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.propagate = propagated
            os.environ.pop(LOG_VARIABLE)
            if before is not None:
                os.environ[LOG_VARIABLE] = before
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"", str(path))
            thread.join(5)
            path.unlink(missing_ok=True)


def _print_records(
    listening: socket.socket, handler: logging.StreamHandler[TextIO], text: bool
) -> None:
    """Prints each record that arrives, until an empty one."""
    while body := listening.recv(_MAX_RECORD):
        line = body.decode("ascii", errors="replace")
        with suppress(ValueError, KeyError):
            line = format_fields(json.loads(line)) if text else line
        with suppress(
            OSError, ValueError
        ):  # the terminal is closed; one write per record keeps lines whole
            handler.stream.write(line + "\n")
            handler.flush()
