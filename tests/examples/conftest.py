"""The worked projects in examples/, each fused once in a folder of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.config import load_config
from plait.fusion.fuse_logs import fuse
from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.store import Store


@dataclass(frozen=True)
class FusedExample:
    """An example after `plait fuse`: its project file, its counts and its store."""

    config: Path
    counts: dict[str, Any]
    store: Store

    def platform(self, name: str) -> dict[str, Any]:
        """Returns the counts of one platform."""
        counts: dict[str, Any] = self.counts["platforms"][name]
        return counts

    def events_by_type(self, platform: str) -> dict[tuple[str, str], int]:
        """Returns the number of events by type and kind of object."""
        events = self.store.read("events").filter(platform=platform)
        return {
            (kind, to): n
            for kind, to, n in events.group_by("type", "object_kind").len().iter_rows()
        }

    def events_of(self, platform: str, account: str) -> pl.DataFrame:
        """Returns the events of one raw account id, in their order."""
        key = load_key(load_config(self.config))
        pseudonym = account_pseudonym(pl.Series([account]), key, platform).item()
        return self.store.read("events").filter(account=pseudonym).sort("time", "event_id")


@pytest.fixture(scope="module")
def fuse_example(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], FusedExample]:
    """Copies an example, without the store of a developer, and fuses it."""

    def run(name: str) -> FusedExample:
        examples = tmp_path_factory.mktemp("examples")
        shutil.copytree(
            repository / "examples",
            examples,
            ignore=shutil.ignore_patterns(".plait", "__pycache__"),
            dirs_exist_ok=True,
        )
        config = examples / name / "plait.yaml"
        project = load_config(config)
        version = fuse(project)
        return FusedExample(config, version.counts, Store(project.store_path))

    return run
