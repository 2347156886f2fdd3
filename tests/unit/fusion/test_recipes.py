"""Every recipe of docs/recipes.md gives what the page says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
import pytest

from plait.privacy.pseudonym import account_pseudonym
from plait.privacy.pseudonym_key import load_key

from .read_recipes import Recipe, read_recipes
from .small import Fused, fuse_in, within

RECIPES = read_recipes()


def _as_shown(value: Any) -> str:
    """Returns a value as the page shows it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S.%f")
        return text.rstrip("0").removesuffix(".") if "." in text else text
    if isinstance(value, float):
        return f"{value:.10g}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _rows(table: pl.DataFrame, columns: list[str]) -> list[tuple[str, ...]]:
    return sorted(tuple(map(_as_shown, row)) for row in table.select(columns).iter_rows())


def _expected(rows: list[dict[str, str]]) -> list[tuple[str, ...]]:
    return sorted(tuple(row.values()) for row in rows)


def _stored_events(rows: list[dict[str, str]], fused: Fused, name: str) -> list[dict[str, str]]:
    """Returns the rows with pseudonyms for accounts, and for creators that are accounts."""
    key = load_key(fused.project)

    def pseudonym(text: str) -> str:
        return str(account_pseudonym(pl.Series([text]), key, name)[0])

    stored = [row | {"account": pseudonym(row["account"])} for row in rows]
    if fused.project.platforms[name].creators == "accounts":
        for row in stored:
            if row.get("object_kind") == "creator":
                row["object_id"] = f"{name}:{pseudonym(row['object_id'].removeprefix(name + ':'))}"
    return stored


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fused]:
    """The store of each recipe, by its title; recipes of different platforms share one."""
    stores: dict[str, Fused] = {}
    rest = RECIPES
    while rest:
        folder, now = tmp_path_factory.mktemp("recipes"), {_name(one): one for one in rest}
        rest = [one for one in rest if one is not now[_name(one)]]
        for name, one in now.items():
            one.write_files(folder / name)
        fused = fuse_in(folder, {n: within(n, one.platform[n]) for n, one in now.items()})
        stores |= {one.title: fused for one in now.values()}
    return stores


def _name(recipe: Recipe) -> str:
    (name,) = recipe.platform
    return name


@pytest.mark.parametrize("recipe", RECIPES, ids=[recipe.title for recipe in RECIPES])
def test_recipe(recipe: Recipe, stores: dict[str, Fused]) -> None:
    name = _name(recipe)
    fused = stores[recipe.title]
    counts, found = fused.platform(name), fused.events.filter(pl.col("platform") == name)
    catalogue = fused.items.filter(pl.col("platform") == name)
    seen = {
        "event": found.height,
        "account": found["account"].n_unique(),
        "item": catalogue.height,
        "duplicate": counts["duplicates"],
    }
    assert seen == {"duplicate": 0} | recipe.counts, counts
    for kind in ("removed", "quarantined"):
        real = {reason: count for reason, count in counts[kind].items() if count}
        assert real == recipe.reasons.get(kind, {}), kind
    assert not counts.get("noted", {}).keys() - {"null_word"}, "the configuration leaves a doubt"
    events, *items = recipe.tables
    assert _rows(found, list(events[0])) == _expected(_stored_events(events, fused, name))
    assert len(events) == recipe.counts["event"]
    for rows in items:
        assert _rows(catalogue, list(rows[0])) == _expected(rows)
    if recipe.platform[name].get("catalogue"):
        assert not counts["catalogue"].get("unusable_values"), counts["catalogue"]
        assert not counts["catalogue"].get("matches_no_event")


def test_there_are_recipes_of_different_names() -> None:
    titles = [recipe.title for recipe in RECIPES]
    assert len(set(titles)) == len(titles) >= 30
