from __future__ import annotations

import io
import json
import logging
import os
from pathlib import Path

import pytest

from plait.serving import json_logs
from plait.serving.json_logs import JsonFormatter, TextFormatter, record_fields, request_id
from plait.serving.replica_logs import print_replica_logs

log = logging.getLogger("plait.serving")


def fault(message: str) -> logging.LogRecord:
    try:
        raise KeyError(message)
    except KeyError as error:
        return log.makeRecord(
            "plait.serving", logging.ERROR, __file__, 1, "An unforeseen fault.", (),
            (KeyError, error, error.__traceback__), extra={"fault_id": "f_1"},
        )  # fmt: skip


def test_a_line_names_request_fault_and_place_but_nobody() -> None:
    token = request_id.set("r-1")
    try:
        line = json.loads(JsonFormatter().format(fault("alice@example.org")))
        text = TextFormatter().format(fault("alice@example.org"))
    finally:
        request_id.reset(token)
    assert (line["level"], line["request_id"], line["fault_id"]) == ("ERROR", "r-1", "f_1")
    assert line["error"].startswith("KeyError: ")
    assert any("test_json_logs.py" in frame and frame.endswith("fault") for frame in line["trace"])
    assert "alice" not in json.dumps(line) + text
    assert "fault=f_1 request=r-1" in text.splitlines()[0]
    assert "\n" not in JsonFormatter().format(fault("a\nb"))


@pytest.mark.parametrize(
    "value", ["'alice'", '"alice"', "[\"alice\", 'bob']", "id 1234567", "`alice`"]
)
def test_values_are_left_out_of_an_errors_message(value: str) -> None:
    try:
        raise ValueError(f"cannot read {value} here")
    except ValueError as error:
        record = log.makeRecord(
            "plait", logging.ERROR, "", 1, "x", (), (ValueError, error, error.__traceback__)
        )
    said = str(record_fields(record)["error"])
    assert "cannot read" in said
    assert not {"alice", "bob", "1234567"} & set(said.replace("[", " ").replace(",", " ").split())
    assert "alice" not in said and "1234567" not in said


@pytest.mark.parametrize("form", ["json", "text"])
def test_what_a_replica_logs_reaches_the_terminal_of_serve(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    with print_replica_logs(form, stream):  # type: ignore[arg-type]
        sender = json_logs.LogSocketHandler(
            os.environ[json_logs.LOG_VARIABLE].removeprefix("unix:")
        )
        sender.emit(fault("alice"))
        log.warning("of serve itself")
    said = stream.getvalue()
    assert json_logs.LOG_VARIABLE not in os.environ
    assert "f_1" in said and "of serve itself" in said and "alice" not in said
    if form == "json":
        assert {"fault_id", "trace"} <= set(
            max((json.loads(line) for line in said.splitlines()), key=len)
        )
    sender.emit(fault("nobody listens any more"))


def test_without_a_serve_lines_go_to_the_file_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(json_logs.LOG_VARIABLE, str(tmp_path / "out"))
    monkeypatch.setattr(json_logs, "_ATTACHED", [])
    logger = logging.getLogger("plait")
    before, propagate = list(logger.handlers), logger.propagate
    try:
        json_logs.attach_log_handler()
        json_logs.attach_log_handler()
        log.error("once")
    finally:
        logger.handlers, logger.propagate = before, propagate
    (line,) = (tmp_path / "out").read_text().splitlines()
    assert json.loads(line)["message"] == "once"
