"""An engine is named on the command line; Spark is an extra."""

from __future__ import annotations

import sys

import pytest

from plait.engine.open_engine import EngineName, open_engine
from plait.errors import ConfigError, MissingSpark


def test_local_is_what_fuse_makes_itself() -> None:
    with open_engine(EngineName.local) as engine:
        assert engine is None


def test_a_master_is_sparks() -> None:
    with (
        pytest.raises(ConfigError, match="Add --engine spark"),
        open_engine(EngineName.local, "local[2]"),
    ):
        pass


def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "plait.engine.spark.spark_engine", raising=False)
    for name in [name for name in sys.modules if name.split(".")[0] == "pyspark"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with (
        pytest.raises(MissingSpark, match=r"pip install 'plait\[spark\]'"),
        open_engine(EngineName.spark),
    ):
        pass
