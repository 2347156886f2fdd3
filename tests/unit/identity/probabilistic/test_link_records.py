"""Records are linked without labels, whatever their order, and nothing but levels is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from plait.config.link_settings import LinkSettings
from plait.identity.components.find_components import find_components
from plait.identity.evidence import EVIDENCE_EDGES
from plait.identity.probabilistic.link_records import LinkedRecords, link_records
from tests.made_people import Errors, make_people

SETTINGS = LinkSettings.model_validate({"columns": {"surname": "surname"}})


def _quality(edges: pl.DataFrame, truth: pl.DataFrame) -> tuple[float, float, float]:
    """Returns precision, recall and F1 of pairs, of the components of the edges that join."""
    joined = edges.filter(pl.col("weight") >= SETTINGS.threshold)
    found = find_components(joined.select(a="account_a", b="account_b"))
    placed = truth.join(found, left_on="account", right_on="node", how="left")
    placed = placed.with_columns(pl.coalesce("component", "account").alias("component"))

    def pairs(*columns: str) -> int:
        size = placed.group_by(columns).agg(size=pl.len().cast(pl.Int64))["size"]
        return int((size * (size - 1) // 2).sum())

    right, said, there = pairs("component", "person"), pairs("component"), pairs("person")
    return right / max(said, 1), right / max(there, 1), 2 * right / max(said + there, 1)


@pytest.fixture(scope="module")
def people() -> tuple[pl.DataFrame, pl.DataFrame]:
    return make_people(120, (1, 4), Errors(), seed=21)


@pytest.fixture(scope="module")
def linked(people: tuple[pl.DataFrame, pl.DataFrame]) -> LinkedRecords:
    return link_records(people[0], SETTINGS)


def test_people_are_found_and_households_stay_apart(
    people: tuple[pl.DataFrame, pl.DataFrame], linked: LinkedRecords
) -> None:
    precision, _, f1 = _quality(linked.edges, people[1])
    assert precision > 0.99
    assert f1 > 0.98


def test_order_of_records_does_not_matter(
    people: tuple[pl.DataFrame, pl.DataFrame], linked: LinkedRecords
) -> None:
    shuffled = people[0].sample(fraction=1, shuffle=True, seed=3)
    again = link_records(shuffled, SETTINGS)
    assert again.edges.equals(linked.edges)
    assert again.model == linked.model


@pytest.mark.slow
def test_people_stay_when_strangers_are_added(
    people: tuple[pl.DataFrame, pl.DataFrame], linked: LinkedRecords
) -> None:
    records, truth = people
    others, _ = make_people(5 * records.height, (1, 1), Errors(), seed=22)
    grown = link_records(pl.concat([records, others]), SETTINGS).edges
    known = truth["account"].implode()
    within = grown.filter(pl.col("account_a").is_in(known), pl.col("account_b").is_in(known))
    assert _quality(within, truth)[2] == pytest.approx(_quality(linked.edges, truth)[2], abs=0.01)


def test_terms_add_up_to_the_weight(linked: LinkedRecords) -> None:
    edges = linked.edges
    assert dict(edges.schema) == EVIDENCE_EDGES
    bits = edges["terms"].list.eval(pl.element().struct.field("bits")).list.sum()
    weight = 1 / (1 + 2.0**-bits)
    assert (weight - edges["weight"]).abs().max() < 1e-6  # type: ignore[operator]
    assert edges["weight"].is_between(SETTINGS.review_from, 1).all()


def test_no_value_is_told(people: tuple[pl.DataFrame, pl.DataFrame], linked: LinkedRecords) -> None:
    told = json.dumps([linked.model, linked.edges["terms"].to_list()])
    words = set(re.findall(r'"([^"]*)"', told))
    assert {"surname", "exact", "prior"} <= words
    values = people[0].drop("account", "platform").unpivot()["value"].drop_nulls()
    assert not words & {value for value in values if len(value) > 2}


def test_strangers_are_not_joined() -> None:
    records, _ = make_people(
        250, (1, 1), Errors(), 8, ("given_name", "surname", "birth_date", "street", "city")
    )
    edges = link_records(records, SETTINGS).edges
    assert edges.filter(pl.col("weight") >= SETTINGS.threshold).height <= 1


def test_useless_columns_are_left_out() -> None:
    records, truth = make_people(60, (2, 2), Errors(), 5, ("given_name", "surname", "birth_date"))
    useless = records.with_columns(
        phone=pl.lit(None, pl.String),
        state=pl.lit("nsw"),
        gender=pl.col("account"),
        note=pl.lit(""),
    )
    linked = link_records(useless, SETTINGS)
    assert linked.model["left_out"] == {
        "gender": "unique", "note": "empty", "phone": "empty", "state": "constant",
    }  # fmt: skip
    assert _quality(linked.edges, truth)[2] > 0.9


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_hardly_any_records(rows: int) -> None:
    records, _ = make_people(2, (1, 1), Errors(), 5, ("given_name", "surname"))
    assert link_records(records.head(rows), SETTINGS).edges.height == 0


FEBRL = {
    "given_name": "given_name", "surname": "surname", "street_number": "street_number",
    "street": "address_1", "address_2": "address_2", "city": "suburb", "postcode": "postcode",
    "state": "state", "birth_date": "date_of_birth", "national_id": "soc_sec_id",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.real
def test_febrl4_alone_and_among_others(shared: Path) -> None:
    parts = []
    for name in "ab":
        raw = pl.read_csv(shared / "identity" / f"dataset4{name}.csv", infer_schema=False)
        clean = raw.rename({c: c.strip() for c in raw.columns})
        parts.append(clean.with_columns(pl.all().str.strip_chars(), platform=pl.lit(name)))
    rows = pl.concat(parts)
    records = rows.select("platform", account="rec_id", **{m: pl.col(c) for m, c in FEBRL.items()})
    truth = rows.select(account="rec_id", person=pl.col("rec_id").str.extract(r"rec-(\d+)"))
    edges = link_records(records, SETTINGS).edges
    assert _quality(edges, truth)[2] >= 0.9985
    # A sixth of the people, alone and among all the others.
    few = truth.filter(pl.col("person").cast(pl.Int64) % 6 == 0)
    known = few["account"].implode()
    alone = link_records(records.filter(pl.col("account").is_in(known)), SETTINGS).edges
    among = edges.filter(pl.col("account_a").is_in(known), pl.col("account_b").is_in(known))
    assert _quality(alone, few)[2] == pytest.approx(_quality(among, few)[2], abs=0.01)


@pytest.mark.slow
@pytest.mark.real
def test_fake_1000(shared: Path) -> None:
    rows = pl.read_csv(shared / "identity" / "fake_1000.csv", infer_schema=False)
    records = rows.select(
        "surname", "city", "email", account="unique_id", platform=pl.lit("x"),
        given_name="first_name", birth_date="dob",
    )  # fmt: skip
    truth = rows.select(account="unique_id", person="cluster")
    assert _quality(link_records(records, SETTINGS).edges, truth)[2] >= 0.95
