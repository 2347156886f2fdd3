"""A Spark session to work in: the one that is there, or a quiet one of our own."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import psutil
from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.conf import SparkConf
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from plait.engine.spark.check_java import check_java
from plait.errors import SparkFailed

DEFAULT_MASTER = "local[*]"


@contextmanager
def open_spark_session(master: str | None = None) -> Iterator[SparkSession]:
    """Yields a session; one that is started here is stopped at the end, and no other.

    Under spark-submit and in a notebook that has a session, that one is used.

    Args:
        master: where to start one: local[2], spark://host:7077, ...; default: all cores here.

    Raises:
        MissingJava: Spark would find no Java that it runs on.
        SparkFailed: Spark does not start.
    """
    if SparkContext._active_spark_context is not None:
        yield _include_wheels(SparkSession.builder.getOrCreate())
        return
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    try:
        with tempfile.TemporaryFile() as said:
            try:
                if not submitted:
                    _launch_jvm(master or DEFAULT_MASTER, said)
                session = SparkSession.builder.getOrCreate()
            except (PySparkException, Py4JError, OSError) as error:
                raise _start_error(master, error, said) from None
            yield _include_wheels(session)
    finally:
        started = SparkContext._active_spark_context
        if started is not None:
            started.stop()


def _include_wheels(session: SparkSession) -> SparkSession:
    """Returns `session`, whose workers can import what was submitted with it.

    Spark brings a wheel of --py-files to every executor, but only lets zips be imported there.
    """
    context = session.sparkContext
    includes = context._python_includes
    if includes is None:
        return session
    for path in context.getConf().get("spark.submit.pyFiles", "").split(","):
        name = path.rsplit("/", 1)[-1]
        if name.endswith(".whl") and name not in includes:
            includes.append(name)
    return session


def _launch_jvm(master: str, said: IO[bytes]) -> None:
    """Starts a JVM whose chatter goes to `said` (with PLAIT_DEBUG, to the terminal)."""
    check_java()
    if master.startswith("local"):
        # Workers must run this very interpreter, whatever `python3` on the PATH is.
        os.environ["PYSPARK_PYTHON"] = sys.executable
    conf = _spark_conf(master)
    gateway = SparkContext._gateway
    if gateway is None:
        redirected = {} if os.environ.get("PLAIT_DEBUG") else {"stderr": said, "stdout": said}
        gateway = launch_gateway(conf, redirected)  # type: ignore[no-untyped-call]
    SparkContext(conf=conf, gateway=gateway)


def _spark_conf(master: str) -> SparkConf:
    # The JVM carries bytes and computes nothing: the memory is the Python workers'.
    heap = min(max(psutil.virtual_memory().total // 8, 2**30), 4 * 2**30) // 2**20
    settings = {
        "spark.app.name": "plait fuse",
        "spark.master": master,
        "spark.driver.memory": f"{heap}m",
        "spark.driver.maxResultSize": "0",
        "spark.ui.showConsoleProgress": "false",
    }
    if master.startswith("local"):
        settings |= {
            "spark.ui.enabled": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
        }
    return SparkConf(loadDefaults=False).setAll(list(settings.items()))


def _start_error(master: str | None, error: Exception, said: IO[bytes]) -> SparkFailed:
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    told = [line for line in lines if re.match(r"[\w\s.\"]*(Exception|Error)", line)]
    told = [line for line in told if not line.lstrip().startswith("at ")]
    cause = (told or str(error).strip().splitlines() or [type(error).__name__])[0]
    return SparkFailed(
        f"Spark does not start on '{master or DEFAULT_MASTER}' ({cause.strip()}).",
        allowed="A master is local[N], spark://host:port, yarn or k8s://...",
        fix="Mend --master, or set PLAIT_DEBUG=1 to see Spark's own log.",
    )
