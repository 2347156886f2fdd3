"""Fixtures every test may use."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from plait import progress
from plait.store import Store
from tests.faults.account import (
    pytest_sessionfinish,
    pytest_testnodedown,
    pytest_unconfigure,
)
from tests.java import use_java
from tests.lanes import pytest_collection_modifyitems, pytest_xdist_make_scheduler
from tests.s3 import bucket, s3_server

__all__ = [
    "bucket",
    "pytest_collection_modifyitems",
    "pytest_sessionfinish",
    "pytest_testnodedown",
    "pytest_unconfigure",
    "pytest_xdist_make_scheduler",
    "s3_server",
]

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

use_java()
# No property test is a timed test: how long an example takes is the machine's affair. Examples are
# new in every run, so few of them are enough.
settings.register_profile("plait", deadline=None, max_examples=40)
settings.load_profile("plait")
# On two cores with all lanes at work a process waits for its turn longer than an answer waits for
# Valkey, and what an answer lacks then is not what most tests are about.
os.environ.setdefault("PLAIT_LIVE_STATE_TIMEOUT_MS", "2000")
REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_collection_finish() -> None:
    """Spares the collector of garbage what was imported: it stays, and is much."""
    gc.freeze()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this checkout."""
    return REPOSITORY


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is shown, whatever an earlier test in this process silenced."""
    monkeypatch.setattr(progress, "_quiet", False)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real logs that lies beside the checkout."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.fail(
            "real logs are not there: put them in ../shared/data beside the checkout, "
            "or run without them: pytest -m 'not real'"
        )
    return folder


@pytest.fixture(params=["folder", "s3"])
def either_store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store in a folder, then one on S3."""
    if request.param == "folder":
        return Store(tmp_path / "store")
    return Store(f"{request.getfixturevalue('bucket').uri}/store")


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """One session for every test of Spark; without the right Java they fail, and say why."""
    from plait.engine.spark.spark_session import open_spark_session

    with open_spark_session("local[2, 2]") as session:  # a task may fail once
        yield session
