"""The engine that a command line names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from plait.errors import ConfigError, MissingSpark

if TYPE_CHECKING:
    from plait.engine.engine import Engine


class EngineName(StrEnum):
    """The engines there are."""

    local = "local"
    spark = "spark"


@contextmanager
def open_engine(name: EngineName, master: str | None = None) -> Iterator[Engine[Any] | None]:
    """Yields the engine `name`, or null for the one that fuse makes by itself.

    Args:
        name: which one.
        master: where Spark runs, such as local[2] or spark://host:7077; default: all cores of
            this machine, or where spark-submit says.

    Raises:
        MissingSpark, MissingJava, SparkFailed: Spark was asked for and does not start.
        ConfigError: a master was named and Spark was not.
    """
    if name is EngineName.local:
        if master is not None:
            raise ConfigError(
                f"--master {master} says where Spark runs, and the engine is local.",
                fix="Add --engine spark, or leave --master out.",
            )
        yield None
        return
    try:
        from plait.engine.spark.spark_engine import open_spark_engine
    except ImportError as error:
        raise MissingSpark(
            f"PySpark cannot be imported ({error}).",
            allowed="It is an extra of plait; the local engine does without.",
            fix="Run: pip install 'plait[spark]'",
        ) from None
    with open_spark_engine(master) as engine:
        yield engine
