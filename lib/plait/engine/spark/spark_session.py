"""Opens a Spark session: the active one, or a new one whose log is hidden."""

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
    """Yields a session. A session that is started here is stopped at the end.

    Under spark-submit, or in a notebook with an active session, that session is used.

    Args:
        master: the master of a new session, such as local[2] or spark://host:7077; default: all
            cores of this machine.

    Raises:
        MissingJava: there is no Java that Spark supports.
        SparkFailed: Spark does not start.
    """
    if SparkContext._active_spark_context is not None:
        yield _include_wheels(SparkSession.builder.getOrCreate())
        return
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    try:
        with tempfile.TemporaryFile() as output:
            try:
                if not submitted:
                    _launch_jvm(master or DEFAULT_MASTER, output)
                session = SparkSession.builder.getOrCreate()
            except (PySparkException, Py4JError, OSError) as error:
                raise _start_error(master, error, output) from None
            yield _include_wheels(session)
    finally:
        started = SparkContext._active_spark_context
        if started is not None:
            started.stop()


def _include_wheels(session: SparkSession) -> SparkSession:
    """Makes the wheels of --py-files importable on the workers; returns `session`.

    Spark copies a wheel of --py-files to every executor, but makes only zip files importable.
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


def _launch_jvm(master: str, output: IO[bytes]) -> None:
    """Starts a JVM whose output goes to `output` (with PLAIT_DEBUG, to the terminal)."""
    check_java()
    if master.startswith("local"):
        # Workers must run the same interpreter, not the `python3` on the PATH.
        os.environ["PYSPARK_PYTHON"] = sys.executable
    conf = _spark_conf(master)
    gateway = SparkContext._gateway
    if gateway is None:
        redirected = {} if os.environ.get("PLAIT_DEBUG") else {"stderr": output, "stdout": output}
        gateway = launch_gateway(conf, redirected)  # type: ignore[no-untyped-call]
    SparkContext(conf=conf, gateway=gateway)


def _spark_conf(master: str) -> SparkConf:
    # The JVM only moves bytes, so most memory is left to the Python workers.
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


def _start_error(master: str | None, error: Exception, output: IO[bytes]) -> SparkFailed:
    output.seek(0)
    lines = output.read().decode(errors="replace").splitlines()
    causes = [line for line in lines if re.match(r"[\w\s.\"]*(Exception|Error)", line)]
    causes = [line for line in causes if not line.lstrip().startswith("at ")]
    cause = (causes or str(error).strip().splitlines() or [type(error).__name__])[0]
    return SparkFailed(
        f"Spark does not start on '{master or DEFAULT_MASTER}' ({cause.strip()}).",
        allowed="A master is local[N], spark://host:port, yarn or k8s://...",
        fix="Correct --master, or set PLAIT_DEBUG=1 to see Spark's own log.",
    )
