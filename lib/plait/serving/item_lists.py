"""From histories and requests to slates of items, all rows of a platform at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from plait.contracts.http_messages import ListReason
from plait.features.likes_and_dislikes import Dislikes
from plait.features.time_features import to_microseconds
from plait.recommend.ranked_lists import Recommendation, ScoredItem
from plait.recommend.recommender import Recommender
from plait.recommend.rerank import interleave_lists
from plait.serving.list_reasons import list_reason

ItemJson = dict[str, object]


@dataclass(frozen=True)
class SlateRequest:
    """What one row wants: its best `k` items of `platforms`, or its `items` in order."""

    k: int = 0
    platforms: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    exclude_seen: bool = True
    items: Sequence[str] | None = None
    explain: bool = False


@dataclass(frozen=True)
class ItemSlate:
    """Items as JSON objects, and why each platform's are generic, few or none."""

    items: list[ItemJson]
    reasons: dict[str, ListReason | None]


def build_slates(
    model: Recommender,
    histories: pl.DataFrame,
    questions: Sequence[SlateRequest],
    titles: Mapping[str, str],
    now: int | None = None,
) -> list[ItemSlate]:
    """Returns what each row gets.

    Args:
        model: the version that answers.
        histories: SEQUENCES rows, one a question.
        questions: what each row wants.
        titles: of items.
        now: when all of them are asked, UTC microseconds; default: the present.
    """
    now = to_microseconds(None) if now is None else now
    found: list[dict[str, Recommendation]] = [{} for _ in questions]
    for platform in model.platforms:
        _add_top_items(model, histories, questions, platform, now, found)
        _add_ranked_items(model, histories, questions, platform, now, found)
    listed = []
    for i, (question, row) in enumerate(zip(questions, found, strict=True)):
        items = _slate_items(question, row, model.platforms, titles)
        if question.items is None:
            reasons = {p: _slate_reason(model, histories, i, question, p, row[p]) for p in row}
            reasons = {p: reasons[p] for p in question.platforms if p in reasons}
        else:
            asked = dict.fromkeys(item.partition(":")[0] for item in question.items)
            reasons = {p: _ranked_reason(row.get(p)) for p in asked}
        listed.append(ItemSlate(items, reasons))
    return listed


def _slate_reason(
    model: Recommender,
    histories: pl.DataFrame,
    row: int,
    question: SlateRequest,
    platform: str,
    found: Recommendation,
) -> ListReason | None:
    items: Collection[str] = ()
    gone: Collection[str] = ()
    if not found.items:  # no more of them than one person can have had and one call exclude
        vocabulary = model.model.vocabulary
        items = vocabulary.item_ids(vocabulary.platform_items(platform)).to_list()
        if question.exclude_seen:
            gone = {*histories["item"][row], *(histories["seen"][row] or "").split("\n")}
        else:  # what the person turned against is in no list
            dislikes = Dislikes.of(model.encode(histories[row : row + 1]))
            gone = set(vocabulary.item_ids(dislikes.item))
    return list_reason(found, question.k, items, gone)


def _ranked_reason(found: Recommendation | None) -> ListReason | None:
    known = found is not None and any(item.score is not None for item in found.items)
    return found.fallback if found is not None and known else "unknown_items"


def _add_top_items(
    model: Recommender,
    histories: pl.DataFrame,
    questions: Sequence[SlateRequest],
    platform: str,
    now: int,
    found: list[dict[str, Recommendation]],
) -> None:
    rows = [i for i, q in enumerate(questions) if q.items is None and platform in q.platforms]
    if not rows:
        return
    asked = [questions[i] for i in rows]
    lists = model.recommend(
        histories[rows],
        platform,
        max(q.k for q in asked),
        exclude_seen=[q.exclude_seen for q in asked],
        exclude=[q.exclude for q in asked],
        now=now,
    )
    for i, recommendation in zip(rows, lists, strict=True):
        found[i][platform] = recommendation


def _add_ranked_items(
    model: Recommender,
    histories: pl.DataFrame,
    questions: Sequence[SlateRequest],
    platform: str,
    now: int,
    found: list[dict[str, Recommendation]],
) -> None:
    start = f"{platform}:"
    wanted = [[item for item in q.items or () if item.startswith(start)] for q in questions]
    rows = [i for i, items in enumerate(wanted) if items]
    if not rows:
        return
    ranked = model.rank(histories[rows], platform, [wanted[i] for i in rows], now=now)
    for i, recommendation in zip(rows, ranked, strict=True):
        found[i][platform] = recommendation


def _slate_items(
    question: SlateRequest,
    lists: Mapping[str, Recommendation],
    platforms: Sequence[str],
    titles: Mapping[str, str],
) -> list[ItemJson]:
    order = [p for p in (question.platforms or platforms) if p in lists]
    scored = [[i for i in lists[p].items if i.score is not None] for p in order]
    merged = interleave_lists(scored)
    if question.items is None:
        merged = merged[: question.k]
        known: set[str] | None = None
    else:
        known = {item.item for item in merged}
        merged += [ScoredItem(item, None) for item in question.items if item not in known]
    items = []
    for position, item in enumerate(merged, 1):
        body: ItemJson = {
            "item_id": item.item,
            "platform": item.item.partition(":")[0],
            "position": position,
            "score": item.score,
            "title": titles.get(item.item),
        }
        if question.explain:
            body["terms"] = item.terms
        if known is not None:
            body["known"] = item.score is not None
        items.append(body)
    return items
