"""Servers and projects that whole tests share."""

from __future__ import annotations

import importlib.util
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
import yaml

from plait.config import load_config
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.live.valkey.valkey_state import ValkeyLiveState
from plait.serving.ray_environment import free_port
from plait.serving.replica import connect
from plait.store import Store
from plait.store.feedback.log_paths import IMPRESSIONS_FOLDER
from tests.e2e.endpoint import Server

# The fast lane's small project, whose file is no package.
_spec = importlib.util.spec_from_file_location(
    "small_project", Path(__file__).parent.parent / "unit" / "conftest.py"
)
assert _spec and _spec.loader
sys.modules["small_project"] = _module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
small = _module.small


@pytest.fixture
def add_version() -> Callable[[Store, str], None]:
    """Publishes a model of a store's version, untrained, as one of the split that is named."""
    made: Callable[[Store, str], None] = _module.add_version
    return made


@pytest.fixture(scope="session")
def small_file(small: Any) -> Path:
    """The project file of `small`."""
    written = small.project.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    file = small.project.path("plait.yaml")
    file.write_text(yaml.safe_dump(written))
    return file


@pytest.fixture(scope="module")
def own_file(small_file: Path) -> Iterator[Path]:
    """A copy of `small` that a module may change."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(small_file.parent, copy)
        yield copy / "plait.yaml"


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A running Valkey over an empty folder."""
    with EmbeddedValkey(tmp_path / "live") as server:
        yield server


@pytest.fixture
def state(valkey: EmbeddedValkey, own_file: Path) -> ValkeyLiveState:
    """Live state in `valkey`, of the project `own_file`."""
    return connect(load_config(own_file), valkey.address)


@pytest.fixture(scope="module")
def server(own_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The endpoint of a copy of `small`, on a free port."""
    port = free_port()
    log = tmp_path_factory.mktemp("serve") / "stderr"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "plait.cli.main", "serve", "-c", own_file, "--port", str(port),
             "--json", "--quiet"],
            stdout=subprocess.PIPE, stderr=stderr, text=True, start_new_session=True,
        )  # fmt: skip
    assert process.stdout
    said = process.stdout.readline()
    assert said, f"plait serve ended before it was ready: {log.read_text()}"
    up = json.loads(said)
    yield Server(up["url"], own_file, process, up["live_state"], log)
    last = httpx.get(f"{up['url']}/v1/recommend/shop/u0?k=3", timeout=60).json()
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 0
    store = Store(load_config(own_file).store_path)  # what its last answer showed is there
    shown = pl.scan_parquet(f"{store.path(IMPRESSIONS_FOLDER)}/*.parquet")
    assert shown.filter(recommendation_id=last["recommendation_id"]).collect().height == 3


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client
