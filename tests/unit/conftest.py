"""A small fused project with model versions, made without fuse and without training."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
import typer.main
import typer.testing
from threadpoolctl import threadpool_limits

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.contracts.store_tables import ACCOUNTS, EVENTS, ITEMS, PEOPLE, QUARANTINE, SEQUENCES
from plait.features.folds import fold_rule
from plait.features.sequences import build_sequences
from plait.models.family import Provenance
from plait.models.item_item.item_item_term import ItemItemTerm
from plait.models.neural.net import NeuralNet
from plait.models.neural.net_settings import net_settings_for
from plait.models.neural.neural_model import NeuralModel
from plait.privacy.pseudonym import account_pseudonym, load_key, person_of
from plait.store import Registry, Store
from plait.training.data.training_data import prepare_training_data

PLATFORMS = ("shop", "video")
START = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Small:
    """The project, its store, and what the tests need to know of its people.

    Versions: v1 (loo), v2 (loo, shop alone), v3 (time), v4 (everything).
    """

    project: Project
    store: Store
    accounts: pl.DataFrame  # raw, platform, account, person


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """These tests run one a core, and their tensors are small: threads wait more than they work."""
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session", autouse=True)
def commands_built_once() -> Iterator[None]:
    """Builds the commands of the command line once, not with every call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """60 people walking along chains of items on two platforms; every third on one only."""
    folder = tmp_path_factory.mktemp("small")
    raw = {
        "store": "store",
        "platforms": {
            name: {
                "events": {
                    "files": f"{name}.csv",
                    "columns": {"account": "user", "item": "item", "time": "time"},
                    "type": "purchase",
                }
            }
            for name in PLATFORMS
        },
    }
    project = parse_config(raw, folder=folder)
    store = Store(project.store_path)
    events, accounts = _log(project)
    _publish(store, events, accounts)
    add_version(store, "loo")
    add_version(store, "loo", only=("shop",))
    add_version(store, "time")
    add_version(store, "none")
    return Small(project, store, accounts)


def _log(project: Project) -> tuple[pl.DataFrame, pl.DataFrame]:
    draws = np.random.default_rng(0)
    rows = []
    for user in range(60):
        place = int(draws.integers(40))
        for order in range(12):
            place = (place + 1) % 40 if draws.random() < 0.9 else int(draws.integers(40))
            platform = PLATFORMS[0] if user % 3 == 0 else PLATFORMS[place % 2]
            rows.append((f"u{user}", platform, f"{platform}:i{place}", order))
    log = pl.DataFrame(rows, schema=["raw", "platform", "item", "order"], orient="row")
    log = log.with_columns(
        pl.concat_str(pl.lit("e"), pl.int_range(pl.len())).alias("event_id"),
        time=pl.lit(START) + pl.duration(hours=pl.col("order") * 100) + _jitter(len(log), draws),
    )
    key = load_key(project)
    users = log.select("raw", "platform").unique(maintain_order=True)
    parts = [
        part.with_columns(account_pseudonym(part["raw"], key, part["platform"][0]).alias("account"))
        for part in users.partition_by("platform")
    ]
    joined = pl.concat(parts)
    person = joined.group_by("raw").agg(person_of(pl.col("account").min()).alias("person"))
    accounts = joined.join(person, on="raw")
    events = log.join(accounts, on=["raw", "platform"]).with_columns(
        object_kind=pl.lit("item"),
        object_id="item",
        type=pl.lit("purchase"),
        time_resolution=pl.lit("us"),
        strength=pl.lit(1.0),
    )
    return events, accounts


def _jitter(rows: int, draws: np.random.Generator) -> pl.Series:
    return pl.Series([timedelta(minutes=int(m)) for m in draws.integers(0, 600, rows)])


def _publish(store: Store, events: pl.DataFrame, accounts: pl.DataFrame) -> None:
    items = events.group_by("item", "platform").agg(
        events=pl.len(),
        people=pl.col("person").n_unique(),
        first_time=pl.col("time").min(),
        last_time=pl.col("time").max(),
        published=pl.lit(START - timedelta(days=1)),
    )
    titled = items.with_columns(pl.concat_str(pl.lit("Title of "), "item").alias("title"))
    people = events.group_by("person").agg(
        pl.lit(1).first().alias("since"),
        pl.col("platform").unique().alias("platforms"),
        pl.col("account").n_unique().alias("accounts"),
        pl.len().alias("events"),
        pl.lit(None, pl.String).first().alias("merged_into"),
    )
    retired = people.head(1).with_columns(
        pl.lit("p_retired").alias("person"),
        pl.lit(people["person"][1]).alias("merged_into"),
    )
    frames = {
        EVENTS: events,
        ITEMS: titled,
        SEQUENCES: build_sequences(events, 50),
        ACCOUNTS: accounts.with_columns(rule=pl.lit("same_account_id"), events=pl.lit(1)),
        PEOPLE: pl.concat([people, retired]),
        QUARANTINE: pl.DataFrame(),
    }
    versions = {}
    for table, frame in frames.items():
        writer = store.writer(table)
        writer.write(table.conform(frame) if frame.width else table.empty())
        versions[table.name] = writer.commit()
    store.publish(versions, {}, [])


def add_version(store: Store, split: str, only: tuple[str, ...] = ()) -> None:
    data = prepare_training_data(
        store.read("sequences"), store.read("items"), PLATFORMS, fold_rule(split), only=only
    )
    settings = net_settings_for(
        data.vocabulary,
        data.history,
        data.item_attributes,
        data.timeline,
        dimensions=8,
        dropout=0.1,
        calendar=False,
    )
    torch.manual_seed(0)
    net = NeuralNet(settings)
    net.set_item_features(data.timeline, data.item_attributes)
    term = ItemItemTerm.build(
        data.history, len(data.vocabulary), dict.fromkeys(only or PLATFORMS, 1.0)
    )
    provenance = Provenance(split=split, cut=data.cut, store_version=1)
    model = NeuralModel(net, data.vocabulary, term, provenance, codes=data.item_attributes.codes)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder))
        Registry(store).publish("default", Path(folder))
