"""Builds slates of items from histories and requests, all rows of a platform at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from plait.contracts.http_messages import ListReason
from plait.features.known_people import KnownPeople
from plait.features.likes_and_dislikes import Dislikes
from plait.features.time_features import to_microseconds
from plait.recommend.ranked_lists import Recommendation, ScoredItem
from plait.recommend.recommender import Recommender
from plait.recommend.rerank import interleave_lists
from plait.serving.list_reasons import list_reason

ItemJson = dict[str, object]


@dataclass(frozen=True)
class SlateRequest:
    """The request of one row: the best `k` items of `platforms`, or `items` ranked."""

    k: int = 0
    platforms: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    exclude_seen: bool = True
    items: Sequence[str] | None = None
    explain: bool = False


@dataclass(frozen=True)
class ItemSlate:
    """Items as JSON objects, and per platform why its items are generic, few or none."""

    items: list[ItemJson]
    reasons: dict[str, ListReason | None]


def build_slates(
    model: Recommender,
    people: KnownPeople,
    requests: Sequence[SlateRequest],
    titles: Mapping[str, str],
    now: int | None = None,
) -> list[ItemSlate]:
    """Returns one slate per request.

    Args:
        model: the model version to use.
        people: one row per request, with the model's item indices.
        requests: one per row.
        titles: title by item id.
        now: the time of all requests, UTC microseconds; default: the present.
    """
    now = to_microseconds(None) if now is None else now
    found: list[dict[str, Recommendation]] = [{} for _ in requests]
    for platform in model.platforms:
        _add_top_items(model, people, requests, platform, now, found)
        _add_ranked_items(model, people, requests, platform, now, found)
    listed = []
    for i, (request, row) in enumerate(zip(requests, found, strict=True)):
        items = _slate_items(request, row, model.platforms, titles)
        if request.items is None:
            reasons = {p: _slate_reason(model, people, i, request, p, row[p]) for p in row}
            reasons = {p: reasons[p] for p in request.platforms if p in reasons}
        else:
            wanted = dict.fromkeys(item.partition(":")[0] for item in request.items)
            reasons = {p: _ranked_reason(row.get(p)) for p in wanted}
        listed.append(ItemSlate(items, reasons))
    return listed


def _slate_reason(
    model: Recommender,
    people: KnownPeople,
    row: int,
    request: SlateRequest,
    platform: str,
    found: Recommendation,
) -> ListReason | None:
    items: Collection[str] = ()
    gone: Collection[str] = ()
    if not found.items:  # so the platform has few items: no more than one call can exclude
        vocabulary = model.model.vocabulary
        person = people.take([row])
        items = vocabulary.item_ids(vocabulary.platform_items(platform)).to_list()
        if request.exclude_seen:
            had = [person.history.item, person.earlier.column]
        else:  # disliked items are in no list
            had = [Dislikes.of(person.history).item]
        gone = set(vocabulary.item_ids(np.concatenate(had)))
    return list_reason(found, request.k, items, gone)


def _ranked_reason(found: Recommendation | None) -> ListReason | None:
    known = found is not None and any(item.score is not None for item in found.items)
    return found.fallback if found is not None and known else "unknown_items"


def _add_top_items(
    model: Recommender,
    people: KnownPeople,
    requests: Sequence[SlateRequest],
    platform: str,
    now: int,
    found: list[dict[str, Recommendation]],
) -> None:
    rows = [i for i, q in enumerate(requests) if q.items is None and platform in q.platforms]
    if not rows:
        return
    chosen_requests = [requests[i] for i in rows]
    chosen = people if len(rows) == len(people) else people.take(rows)
    lists = model.ranked_lists(
        chosen.history,
        platform,
        max(q.k for q in chosen_requests),
        active=chosen.active,
        earlier=chosen.earlier,
        exclude_seen=[q.exclude_seen for q in chosen_requests],
        exclude=[q.exclude for q in chosen_requests],
        now=now,
    )
    found_lists = lists.to_recommendations(model.model.vocabulary)
    for i, recommendation in zip(rows, found_lists, strict=True):
        found[i][platform] = recommendation


def _add_ranked_items(
    model: Recommender,
    people: KnownPeople,
    requests: Sequence[SlateRequest],
    platform: str,
    now: int,
    found: list[dict[str, Recommendation]],
) -> None:
    start = f"{platform}:"
    wanted = [[item for item in q.items or () if item.startswith(start)] for q in requests]
    rows = [i for i, items in enumerate(wanted) if items]
    if not rows:
        return
    chosen = people if len(rows) == len(people) else people.take(rows)
    ranked = model.rank_histories(
        chosen.history, platform, [wanted[i] for i in rows], active=chosen.active, now=now
    )
    for i, recommendation in zip(rows, ranked, strict=True):
        found[i][platform] = recommendation


def _slate_items(
    request: SlateRequest,
    lists: Mapping[str, Recommendation],
    platforms: Sequence[str],
    titles: Mapping[str, str],
) -> list[ItemJson]:
    order = [p for p in (request.platforms or platforms) if p in lists]
    scored = [[i for i in lists[p].items if i.score is not None] for p in order]
    merged = interleave_lists(scored)
    if request.items is None:
        merged = merged[: request.k]
        known: set[str] | None = None
    else:
        known = {item.item for item in merged}
        merged += [ScoredItem(item, None) for item in request.items if item not in known]
    items = []
    for position, item in enumerate(merged, 1):
        body: ItemJson = {
            "item_id": item.item,
            "platform": item.item.partition(":")[0],
            "position": position,
            "score": item.score,
            "title": titles.get(item.item),
        }
        if request.explain:
            body["terms"] = item.terms
        if known is not None:
            body["known"] = item.score is not None
        items.append(body)
    return items
