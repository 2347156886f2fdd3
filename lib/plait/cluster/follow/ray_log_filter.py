"""Filters out what `ray start` and `ray job submit` print around a job's own lines."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_RAY_LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\t"
    r"(?:(?:INFO|SUCC|WARN|ERR) (?:cli|sdk|job_manager|dashboard_sdk)"
    r"|(?:INFO|SUCC) (?:scripts|node|usage_lib|cli_output_helpers))"  # warnings and errors are kept
    r"\.py:\d+ -- (.*)"
)
_ULIMIT = "/bin/bash: line 1: ulimit: "  # KubeRay's file limit exceeds a container's
_ENTRYPOINT_STARTS = "Running entrypoint for job "
_SUBMITTER_STARTS = "Job submission server address"  # a submitter starts or restarts
_STATUS_MESSAGE = "Status message: "  # the job's last lines follow again


class RayLogFilter:
    """Filters the lines of a submitter or a head, in order. Keeps every line of the job."""

    def __init__(self) -> None:
        self._job_ended = False

    def keeps(self, line: str) -> bool:
        """Whether `line` is one of the job's."""
        text = _COLOUR.sub("", line)
        own = _RAY_LINE.match(text)
        if own is None:
            return not self._job_ended and not text.startswith((_ENTRYPOINT_STARTS, _ULIMIT))
        self._job_ended = own[1].startswith(_STATUS_MESSAGE) or (
            self._job_ended and not own[1].startswith(_SUBMITTER_STARTS)
        )
        return False
