"""Real logs, and the world whose truth is known."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.fusion.fuse_logs import fuse
from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.store import Store
from plait.world.build_world import build_world
from plait.world.write_world import write_world

pytestmark = pytest.mark.slow


def _example(repository: Path, name: str, tmp_path: Path) -> Project:
    """Returns the example's project with its store in `tmp_path`."""
    folder = repository / "examples" / name
    raw = yaml.safe_load((folder / "plait.yaml").read_text())
    return parse_config(raw | {"store": str(tmp_path / "store")}, folder=folder)


@pytest.mark.real
@pytest.mark.usefixtures("shared")
def test_beauty_and_electronics_keep_every_event(repository: Path, tmp_path: Path) -> None:
    project = _example(repository, "beauty_electronics", tmp_path)
    version = fuse(project)
    assert version.counts["events"] == version.counts["rows"] == 114_129
    assert version.counts["people"] == version.counts["people_on_several"] == 4_474
    sequences = Store(project.store_path).read("sequences")
    assert sequences.height == 4_474
    assert sequences["total"].sum() == 114_129
    # The place of an event in its person's merged history stands in the logs.
    short = sequences.filter(pl.col("total") <= 50).explode("time", "order", empty_as_null=True)
    last = short.group_by("person", maintain_order=True).agg(
        pl.col("order").is_sorted().alias("ok")
    )
    assert last["ok"].all()


@pytest.mark.real
@pytest.mark.usefixtures("shared")
def test_a_log_of_orders_with_attributes(repository: Path, tmp_path: Path) -> None:
    project = _example(repository, "s3rec_beauty", tmp_path)
    version = fuse(project)
    assert version.counts["events"] == 198_502
    assert version.counts["people"] == 22_363
    store = Store(project.store_path)
    items = store.read("items")
    assert items.height == 12_101
    assert (items["tags"].list.len() > 0).all()
    assert store.scan("events").select(pl.col("time").is_null().all()).collect().item()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    folder = tmp_path_factory.mktemp("world")
    made = build_world(people=400, seed=3)
    return made, write_world(made, folder)


def test_the_world_is_fused_as_it_is(world: tuple[Any, Path]) -> None:
    made, config = world
    version = fuse(config)
    for platform, dirt in made.dirt.items():
        entry = version.counts["platforms"][platform]
        assert entry["duplicates"] == dirt["duplicate"]
        wrong = {reason: n for reason, n in dirt.items() if reason != "duplicate"}
        assert entry["quarantined"] == wrong
    assert version.counts["events"] == made.events.height


def test_accounts_are_joined_as_the_truth_says(world: tuple[Any, Path]) -> None:
    made, config = world
    version = fuse(config)
    raw = yaml.safe_load(config.read_text())
    project = parse_config(raw, folder=config.parent)
    key = load_key(project)
    accounts = Store(project.store_path).read("accounts", version)
    truth = pl.concat(
        part.with_columns(account_pseudonym(part["account"], key, str(name[0])).alias("account"))
        for name, part in made.people.accounts.partition_by("platform", as_dict=True).items()
    )
    both = accounts.join(truth, on="account", suffix="_true")
    assert both.height == accounts.height
    # Never two true people in one; and what shares a key is joined.
    assert (both.group_by("person").agg(pl.col("person_true").n_unique())["person_true"] == 1).all()


def test_the_job_prints_one_line_of_json_and_errors_in_a_sentence(
    world: tuple[Any, Path], repository: Path, tmp_path: Path
) -> None:
    _, config = world
    job = [sys.executable, str(repository / "jobs" / "fuse.py"), "-c"]
    good = subprocess.run([*job, str(config)], capture_output=True, text=True, cwd=tmp_path)
    assert good.returncode == 0
    assert good.stdout.startswith('{"version": ')
    shutil.copytree(config.parent, tmp_path / "w")
    (tmp_path / "w" / "data" / "shop" / "customers.csv").unlink()
    bad = subprocess.run([*job, str(tmp_path / "w" / "plait.yaml")], capture_output=True, text=True)
    assert bad.returncode == 2
    assert bad.stderr.startswith("MissingFile: there is no file")
    assert "Traceback" not in bad.stderr
