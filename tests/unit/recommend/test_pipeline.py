"""A second filter and a re-ranker, put in beside the usual ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import plait
from plait.recommend import recommender
from plait.recommend.filters import ExcludedPairs
from plait.recommend.list_request import Candidates, ItemColumns, ListRequest, Ranking
from plait.recommend.offline_lists import recommend_everyone
from plait.recommend.recommender import Recommender
from plait.serving.item_lists import SlateRequest, build_slates
from tests.live_sequences import people_of_sequences


def no_first_item(request: ListRequest, _: Candidates, columns: ItemColumns) -> ExcludedPairs:
    """Leaves an item out of everybody's list."""
    row = np.arange(len(request.history))
    column = columns.of_ids([[f"{request.platform}:i1"]], request.platform)[1][0]
    return row, np.full(len(row), column)


def worst_first(_: ListRequest, __: Candidates, ranking: Ranking) -> Ranking:
    """Turns lists around; they are whole here."""
    return Ranking(ranking.columns[:, ::-1].copy(), ranking.scores[:, ::-1].copy())


def offline(small: Any, folder: Path) -> dict[tuple[str, str], list[tuple[str, float]]]:
    recommend_everyone(small.project, folder, k=6)
    table = pl.read_parquet(folder / "*.parquet").sort("person", "platform", "position")
    groups = table.group_by("person", "platform", maintain_order=True)
    return {(str(p), str(n)): list(g.select("item", "score").iter_rows()) for (p, n), g in groups}


def test_a_second_filter_and_a_re_ranker_work_in_every_list(
    small: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = offline(small, tmp_path / "usual")
    assert any("shop:i1" in dict(items) for items in usual.values())

    monkeypatch.setattr(recommender, "FILTERS", (*recommender.FILTERS, no_first_item))
    filtered = offline(small, tmp_path / "filtered")
    assert filtered.keys() == usual.keys()
    for (person, platform), items in filtered.items():
        kept = [item for item, _ in usual[person, platform] if item != f"{platform}:i1"]
        assert [item for item, _ in items][: len(kept)] == kept
        assert f"{platform}:i1" not in dict(items)
        assert len(items) == 6

    monkeypatch.setattr(recommender, "RERANKERS", (worst_first,))
    turned = offline(small, tmp_path / "turned")
    assert {key: [item for item, _ in items] for key, items in turned.items()} == {
        key: [item for item, _ in items[::-1]] for key, items in filtered.items()
    }

    person = next(iter(turned))[0]
    expected = [item for item, _ in turned[person, "shop"]]
    answer = plait.load(small.project).recommend({"person_id": person}, k=6, platform="shop")
    assert [item.item for item in answer.items] == expected
    assert sum(answer.items[0].terms.values()) == pytest.approx(answer.items[0].score, abs=1e-4)
    history = small.store.read("sequences").filter(person=person)
    model = Recommender.load(small.project)
    people = people_of_sequences(history, model.model.vocabulary)
    (slate,) = build_slates(model, people, [SlateRequest(k=6, platforms=("shop",))], {})
    assert [item["item_id"] for item in slate.items] == expected
