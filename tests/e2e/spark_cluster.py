"""A standalone Spark cluster on loopback: a master and two workers, each a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyspark

SPARK = Path(pyspark.__file__).parent
_DEADLINE = 60  # seconds


def environment() -> dict[str, str]:
    """Returns an environment in which only what is submitted, or installed, can be imported."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHONPATH", "PYSPARK"))}
    return kept | {
        "SPARK_HOME": str(SPARK),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


@contextmanager
def two_workers(folder: Path) -> Iterator[str]:
    """Yields the address of a cluster that lives in `folder` while the block runs."""
    host = ["--host", "127.0.0.1", "--webui-port", "0"]
    with ExitStack() as stack:
        log = _start(stack, folder / "master", ["master.Master", "--port", "0", *host])
        master = _said(log, r"Starting Spark master at (spark://\S+)")
        for n in range(2):
            size = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work-{n}")]
            log = _start(stack, folder / f"worker-{n}", ["worker.Worker", *host, *size, master])
            _said(log, r"Successfully registered with master (\S+)")
        yield master


def _start(stack: ExitStack, log: Path, what: list[str]) -> Path:
    name, *arguments = what
    command = [str(SPARK / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *arguments]
    folder = stack.enter_context(log.open("w"))
    quiet = {"stdout": folder, "stderr": folder}
    process = subprocess.Popen(command, env=environment(), start_new_session=True, **quiet)
    stack.callback(_end, process)
    return log


def _end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _said(log: Path, what: str) -> str:
    start = time.monotonic()
    while time.monotonic() - start < _DEADLINE:
        if found := re.search(what, log.read_text()):
            return found[1]
        time.sleep(0.2)
    msg = f"never said {what!r}: {log.read_text()}"
    raise AssertionError(msg)
