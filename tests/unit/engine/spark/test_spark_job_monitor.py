"""What Spark says in two pages, a user reads in two sentences."""

from __future__ import annotations

import re

import pytest

from plait.engine.spark.spark_job_monitor import explain_spark_error

TRACE = """An error occurred while calling o1.collectToPython.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 failed 4 times
Traceback (most recent call last):
  File "/opt/spark/worker.py", line 1, in main
    process()
{said}

\tat org.apache.spark.api.python.BasePythonRunner.read(PythonRunner.scala:1)
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TRACE.format(said="ValueError: broken"), r"a task failed \(ValueError: broken\)"),
        (TRACE.format(said="ModuleNotFoundError: No module named 'plait'"), "has no 'plait'.*py-f"),
        ("[PYTHON_VERSION_MISMATCH] 3.11 is not 3.12", "another Python.*Set PYSPARK_PYTHON"),
        ("Python worker exited unexpectedly (crashed)", "memoryOverhead"),
        ("Connection refused", r"a task failed \(Connection refused\)"),
        ("", "a task failed"),
    ],
)
def test_the_cause_and_what_to_do(text: str, says: str) -> None:
    found = str(explain_spark_error(RuntimeError(text)))
    assert re.search(says, found), found
    assert "\n" not in found
    assert "Traceback" not in found
