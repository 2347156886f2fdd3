"""Drains live state into the feedback log in this process and kills it at a chosen moment.

python drain_at.py PROJECT ADDRESS before|after put|acknowledge
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import obstore
from redis.client import Pipeline

from plait.config import load_config
from plait.live.drain import Drainer
from plait.serving.replica import connect
from plait.store import Store
from plait.store.feedback.feedback_log import FeedbackLog


def main() -> None:
    file, address, when, what = sys.argv[1:]

    def deadly(work: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*args: Any, **more: Any) -> Any:
            if when == "after":
                work(*args, **more)
            os.kill(os.getpid(), signal.SIGKILL)

        return dying

    if what == "put":
        obstore.put = deadly(obstore.put)
    else:
        Pipeline.execute = deadly(Pipeline.execute)
    project = load_config(Path(file))
    log = FeedbackLog(Store(project.store_uri))
    Drainer(connect(project, address), log, "mortal").drain()


if __name__ == "__main__":
    main()
