"""Strengths are bounded and follow dwell and rating; what is learned needs no order of rows."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.clean.item_lengths import ItemLengths
from plait.clean.normalise_strengths import (
    dwell_strength,
    normalise_strengths,
    opinion_strength,
)
from plait.clean.strength_histogram import (
    DWELL_TYPES,
    DwellScale,
    OpinionScale,
    StrengthParameters,
    count_strength_bins,
    learn_parameters,
    merge_strength_bins,
)
from plait.clean.strength_rules import StrengthRules
from plait.config.strength_settings import StrengthSettings
from plait.contracts.event_types import EVENT_STRENGTHS

TIME = datetime(2024, 1, 1, tzinfo=UTC)
SCHEMA = {
    "platform": pl.String(), "who": pl.UInt32(), "account": pl.String(), "type": pl.String(),
    "object_id": pl.String(), "time": pl.Datetime("us", "UTC"), "dwell_s": pl.Float64(),
    "rating": pl.Float64(), "strength": pl.Float64(),
}  # fmt: skip
ALL = StrengthSettings(dwell=True, rating=True, repeats=True)
LEARNED = StrengthParameters({"watch": DwellScale(20, 8)}, OpinionScale(0.7, 0.2))


def _event(kind: str, item: str = "i", **more: object) -> dict[str, object]:
    base = {"platform": "p", "who": 1, "account": "a", "type": kind, "object_id": item}
    return base | {"time": TIME, "strength": EVENT_STRENGTHS[kind]} | more


def _events(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


def _normalised(*rows: dict[str, object], settings: StrengthSettings = ALL) -> list[float]:
    rules = {"p": StrengthRules(settings, learned=LEARNED)}
    return normalise_strengths(_events(*rows), rules)["strength"].to_list()


_numbers = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))
_rows = st.lists(
    st.builds(
        lambda kind, item, dwell, rating: _event(kind, item, dwell_s=dwell, rating=rating),
        st.sampled_from(sorted(EVENT_STRENGTHS)),
        st.sampled_from("ij"),
        _numbers,
        _numbers,
    ),
    max_size=12,
)


@given(_rows)
def test_strengths_are_bounded_and_follow_from_raw_columns(rows: list[dict[str, object]]) -> None:
    rules = {"p": StrengthRules(ALL, learned=LEARNED)}
    once = normalise_strengths(_events(*rows), rules)
    assert once["strength"].is_between(-1, 1).all()
    assert once.height == len(rows)
    assert normalise_strengths(once, rules).equals(once)


@given(
    st.sampled_from(DWELL_TYPES),
    st.builds(DwellScale, st.integers(-16, 68), st.integers(1, 84)),
    st.lists(st.floats(0, 1e9), min_size=2),
)
def test_more_dwell_is_never_weaker_and_never_a_dislike(
    kind: str, scale: DwellScale, dwells: list[float]
) -> None:
    frame = pl.DataFrame({"dwell_s": sorted(dwells)}, schema={"dwell_s": pl.Float64()})
    found = frame.select(s=dwell_strength(kind, scale))["s"]
    assert all(b >= a - 1e-12 for a, b in pairwise(found))
    assert found.is_between(EVENT_STRENGTHS[kind] / 2 - 1e-12, 1).all()


@given(st.lists(st.floats(0, 1), min_size=2), st.floats(0, 1), st.floats(0.1, 0.5))
def test_a_better_rating_is_never_weaker(
    places: list[float], mean: float, deviation: float
) -> None:
    frame = pl.DataFrame({"place": sorted(places)}, schema={"place": pl.Float64()})
    found = frame.select(s=opinion_strength(pl.col("place"), pl.lit(mean), deviation))["s"]
    assert all(b >= a - 1e-12 for a, b in pairwise(found))
    for place, strength in zip(sorted(places), found, strict=True):
        assert place < 0.5 or strength > 0
        assert place < 0.75 or strength >= 0.5
        assert place > 0.25 or strength < 0


@given(_rows, st.randoms(use_true_random=False), st.integers(0, 12))
def test_bins_need_no_order_and_merge(
    rows: list[dict[str, object]], random: object, where: int
) -> None:
    whole = merge_strength_bins(count_strength_bins(_events(*rows), 1, 5, None))
    mixed = list(rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    parts = [
        count_strength_bins(_events(*part), 1, 5, None) for part in (mixed[:where], mixed[where:])
    ]
    assert merge_strength_bins(pl.concat(parts)).equals(whole)


def test_the_median_dwell_has_the_strength_of_its_type() -> None:
    rows = [_event("watch", dwell_s=seconds) for seconds in [1.0] * 20 + [64.0] * 21 + [900.0] * 20]
    learned = learn_parameters(count_strength_bins(_events(*rows), 1, 5, None))["p"]
    assert learned.dwell == {"watch": DwellScale(24, 39)}
    assert StrengthParameters.from_record(learned.to_record()) == learned


def test_few_values_are_not_learned_from() -> None:
    rows = [_event("watch", dwell_s=9.0)] * 49 + [_event("rate", rating=3.0)] * 19
    learned = learn_parameters(count_strength_bins(_events(*rows), 1, 5, None))
    assert learned == {"p": StrengthParameters({}, None)}


def test_events_from_the_cut_on_are_not_learned_from() -> None:
    rows = [_event("watch", dwell_s=9.0)] * 50
    assert count_strength_bins(_events(*rows), 1, 5, TIME).is_empty()


def test_without_dwell_rating_and_repeats_strengths_are_those_of_the_types() -> None:
    rows = [_event(kind, item=kind) for kind in sorted(EVENT_STRENGTHS)]
    assert _normalised(*rows) == [EVENT_STRENGTHS[kind] for kind in sorted(EVENT_STRENGTHS)]


def test_a_rating_is_relative_to_the_earlier_ones_of_the_account_only() -> None:
    rated = [_event("rate", item=str(n), rating=5.0) for n in range(20)]
    middle = _event("rate", item="z", rating=3.5)
    found = _normalised(*rated, middle)
    assert found[:20] == _normalised(*rated)
    # d = (0.625 - 23.5 / 25) / 0.4 after twenty best ratings, (0.625 - 0.7) / 0.4 before any.
    assert found[-1] == pytest.approx(0.6 + 0.4 * -0.7875)
    below = _event("rate", item="z", rating=2.5)
    assert _normalised(*rated, below)[-1] == -1  # below the middle and the own mean
    worst = [_event("rate", item=str(n), rating=1.0) for n in range(20)]
    assert _normalised(*worst, below)[-1] > 0  # below the middle, above the own mean
    assert _normalised(middle, *rated)[0] == pytest.approx(0.6 + 0.4 * -0.1875)


def test_repeats_saturate() -> None:
    views = [_event("view"), _event("view"), _event("view", item="j"), _event("purchase")] * 2
    found = _normalised(*views, settings=StrengthSettings(repeats=True))
    nth = [1, 2, 1, None, 3, 4, 2, None]
    assert found == pytest.approx([0.3 / n**0.5 if n else 1.0 for n in nth])


def test_a_dwell_is_relative_to_the_length_of_its_item_where_that_is_known() -> None:
    lengths = ItemLengths.of(
        pl.DataFrame({"item": ["i", "j", "k"], "length_s": [100.0, None, 10.0]})
    )
    assert len(lengths) == 2
    rules = {"p": StrengthRules(StrengthSettings(dwell=True), learned=LEARNED, lengths=lengths)}
    items = [("i", 0.0), ("i", 50.0), ("i", 100.0), ("i", 900.0), ("k", 5.0), ("j", 50.0)]
    rows = [_event("watch", item=item, dwell_s=seconds) for item, seconds in items]
    rows += [_event("view", item="i", dwell_s=None), _event("purchase", item="i", dwell_s=1.0)]
    found = normalise_strengths(_events(*rows), rules)
    strength = EVENT_STRENGTHS["watch"]
    most = min(1.0, strength * 1.5)
    by_length = [strength / 2, strength, most, most, strength]
    assert found["strength"][:5].to_list() == pytest.approx(by_length)
    alone = _normalised(_event("watch", item="j", dwell_s=50.0))
    assert found["strength"][5:].to_list() == [*alone, EVENT_STRENGTHS["view"], 1.0]
    assert found.columns == list(SCHEMA)


@given(st.lists(st.text(min_size=1), unique=True, min_size=1), st.floats(0.1, 1e5))
def test_lengths_are_found_by_id(ids: list[str], seconds: float) -> None:
    held, rest = ids[: len(ids) // 2 + 1], ids[len(ids) // 2 + 1 :]
    lengths = ItemLengths.of(pl.DataFrame({"item": held, "length_s": [seconds] * len(held)}))
    found = lengths.find(pl.Series([*held, *rest, None], dtype=pl.String))
    assert found[: len(held)].to_list() == pytest.approx([seconds] * len(held))
    assert found[len(held) :].is_null().all()
