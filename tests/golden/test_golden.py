"""Behaviour stays: fixed logs, stores and models give what they gave when they were written."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from plait.errors import CannotAppend
from plait.models.neural.append_items import append_items
from plait.models.neural.neural_model import NeuralModel
from plait.store import Registry, Store

from . import facts

pytestmark = pytest.mark.slow
CLOSE = {"rel": 1e-4, "abs": 1e-5}  # another processor adds in another order


def _compare(found: Any, expected: Any, where: str) -> None:
    assert type(found) is type(expected), where
    if isinstance(found, dict):
        assert found.keys() == expected.keys(), where
        for key, value in found.items():
            _compare(value, expected[key], f"{where}.{key}")
    elif isinstance(found, list):
        assert len(found) == len(expected), where
        for place, value in enumerate(found):
            _compare(value, expected[place], f"{where}[{place}]")
    elif isinstance(found, float):
        assert found == pytest.approx(expected, **CLOSE), where
    else:
        assert found == expected, where


def _written(name: str) -> Any:
    return json.loads((facts.HERE / f"{name}.json").read_text())


@pytest.mark.parametrize("name", ["fused", "contract-2", "contract-3"])
def test_tables_are_the_same_bit_for_bit(name: str) -> None:
    """Also where a store was written by an older plait: it is read, and fused into today's."""
    found, written = json.loads(json.dumps(facts.PARTS[name]())), _written(name)
    assert facts.known(found, written) == written


def test_training_is_the_same_on_a_fixed_seed() -> None:
    found, expected = facts.PARTS["trained"](), _written("trained")
    assert found["weights"].keys() == expected["weights"].keys()
    _compare(found["metrics"], expected["metrics"], "metrics")


def test_the_endpoint_answers_the_same() -> None:
    _compare(json.loads(json.dumps(facts.answers())), _written("answers"), "answers")


@pytest.mark.parametrize("name", facts.LISTS)
def test_an_older_model_says_why_nothing_can_be_appended_to_it(name: str) -> None:
    with facts.unpacked(name) as file:
        store = Store(file.parent / ".plait")
        model = NeuralModel.load(Registry(store).fetch("default")[1])
        items = (
            store.read("items")
            .head(1)
            .with_columns(item=pl.lit("shop:new"), platform=pl.lit("shop"))
        )
        with pytest.raises(CannotAppend, match="Train again"):
            append_items(model, items)


@pytest.mark.parametrize("name", facts.LISTS)
def test_an_older_model_makes_the_same_lists(name: str) -> None:
    found, expected = facts.lists(name), pl.read_parquet(facts.HERE / f"{name}-lists.parquet")
    assert found.drop("score").equals(expected.drop("score"))
    np.testing.assert_allclose(found["score"], expected["score"], rtol=1e-4, atol=1e-5)
