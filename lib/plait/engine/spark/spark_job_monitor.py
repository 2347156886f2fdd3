"""Monitors a Spark job on the driver: progress, early stop, and readable errors."""

from __future__ import annotations

import pickle
import re
import threading
import uuid
from collections.abc import Mapping
from types import TracebackType

from py4j.protocol import Py4JError
from pyspark import AccumulatorParam, SparkContext
from pyspark.errors import PySparkException

from plait.engine.engine import MergeFunction, ProgressCallback
from plait.engine.spark.spark_tasks import TaskSinks
from plait.errors import PlaitError, SparkFailed
from plait.store.delta_tables import TableWriter
from plait.store.storage_errors import is_from_s3

_POLL_S = 0.2  # seconds between two reads of the accumulators


class _TaskErrors(AccumulatorParam[list[bytes]]):
    """Accumulates the pickled errors of tasks."""

    def zero(self, value: list[bytes]) -> list[bytes]:
        """Returns an empty list."""
        return []

    def addInPlace(self, value1: list[bytes], value2: list[bytes]) -> list[bytes]:  # noqa: N802
        """Returns the errors of both lists."""
        return value1 + value2


class SparkJobMonitor:
    """Reports the progress of the jobs that run inside it, and stops them when a task fails.

    Spark may run a task twice, and the accumulators then count it twice. They are used only to
    show progress and to report errors.
    """

    def __init__(self, context: SparkContext, advance: ProgressCallback | None) -> None:
        self._context, self._advance = context, advance
        self._rows = context.accumulator(0)
        self._errors = context.accumulator([], _TaskErrors())
        self._shown = 0
        self._group = f"plait-{uuid.uuid4().hex}"
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def task_sinks(
        self,
        spills: frozenset[str],
        tables: Mapping[str, TableWriter],
        merges: Mapping[str, MergeFunction],
    ) -> TaskSinks:
        """Returns the sinks for the frames of the tasks."""
        places = {name: writer.destination for name, writer in tables.items()}
        return TaskSinks(spills, places, dict(merges), self._rows.add, self._errors.add)

    def __enter__(self) -> SparkJobMonitor:
        self._context.setJobGroup(self._group, "plait", interruptOnCancel=False)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Raises the error of the failed task, instead of the error that Spark raises."""
        self._done.set()
        self._thread.join()
        if isinstance(error, KeyboardInterrupt):
            self._context.cancelJobGroup(self._group)
        self._context.setLocalProperty("spark.jobGroup.id", None)  # type: ignore[arg-type]
        self._report_progress()
        if self._errors.value:
            fault: PlaitError = pickle.loads(self._errors.value[0])
            raise fault from None
        if isinstance(error, (PySparkException, Py4JError)):
            raise explain_spark_error(error) from error

    def _poll(self) -> None:
        while not self._done.wait(_POLL_S):
            self._report_progress()
            if self._errors.value:  # the results of the other tasks are not needed
                self._context.cancelJobGroup(self._group)
                return

    def _report_progress(self) -> None:
        rows = self._rows.value
        if self._advance and rows > self._shown:
            self._advance(rows - self._shown)
            self._shown = rows


def explain_spark_error(error: Exception) -> SparkFailed:
    """Returns an error with a fix for `error`, whose own text is a Java stack trace."""
    text = str(error)
    # The response of S3 may contain the access key.
    cause = "a request to S3 failed" if is_from_s3(error) else _find_cause(text)
    if missing := re.search(r"ModuleNotFoundError: No module named '(\w+)", text):
        return SparkFailed(
            f"the executors' Python has no '{missing[1]}'.",
            allowed="Executors need plait and its dependencies, in the versions of the driver.",
            fix="Use plait's image there, or pass plait with --py-files; see docs/spark.md.",
        )
    if "PYTHON_VERSION_MISMATCH" in text:
        return SparkFailed(
            f"the executors run another Python than the driver ({cause}).",
            fix="Set PYSPARK_PYTHON to the same version on the driver and the executors.",
        )
    if "exited unexpectedly" in text or "EOFException" in text:
        return SparkFailed(
            "a Python worker died, most likely because it ran out of memory.",
            allowed="A worker holds a bucket or a chunk of half a million rows: 1 to 2 GB.",
            fix="Give executors more memory outside the heap (spark.executor.memoryOverhead), or "
            "fewer cores.",
        )
    return SparkFailed(
        f"a task failed ({cause}).",
        fix="Nothing was published. See the executors' logs; PLAIT_DEBUG=1 shows Spark's here.",
    )


def _find_cause(text: str) -> str:
    """Returns the line of `text` that names the cause."""
    _, _, trace = text.rpartition("Traceback (most recent call last):")
    lines = trace.split("\n\tat ")[0].splitlines()
    causes = [line for line in lines if re.match(r"[A-Za-z_][\w.]*(: |$)", line)]
    return (causes or [line for line in text.splitlines() if line.strip()] or [text])[-1].strip()
