"""Opens the engine that the command line selects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from plait.errors import ConfigError, MissingSpark

if TYPE_CHECKING:
    from plait.engine.engine import Engine


class EngineName(StrEnum):
    """The names of the engines."""

    local = "local"
    spark = "spark"


@contextmanager
def open_engine(name: EngineName, master: str | None = None) -> Iterator[Engine[Any] | None]:
    """Yields the engine `name`, or null for local: then fuse creates the engine itself.

    Args:
        name: the engine.
        master: the Spark master, such as local[2] or spark://host:7077; default: the one of
            spark-submit, or else all cores of this machine.

    Raises:
        MissingSpark, MissingJava, SparkFailed: Spark is selected and does not start.
        ConfigError: a master is given, but the engine is not Spark.
    """
    if name is EngineName.local:
        if master is not None:
            raise ConfigError(
                f"--master {master} is for Spark, but the engine is local.",
                fix="Add --engine spark, or leave --master out.",
            )
        yield None
        return
    try:
        from plait.engine.spark.spark_engine import open_spark_engine
    except ImportError as error:
        raise MissingSpark(
            f"PySpark cannot be imported ({error}).",
            allowed="PySpark is an optional extra of plait. The local engine does not need it.",
            fix="Run: pip install 'plait[spark]'",
        ) from None
    with open_spark_engine(master) as engine:
        yield engine
