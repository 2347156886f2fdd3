from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plait.cluster.cluster_verbs import VERBS
from plait.cluster.run_name import (
    SPEC_ANNOTATION,
    RunSpec,
    next_run_number,
    set_run_name,
    spec_hash,
)
from plait.errors import RuleBroken

TRAIN = RunSpec(VERBS["train"], "demo", "0123456789abcdef")
FIRST, SECOND = TRAIN.name(1), TRAIN.name(2)


def test_one_question_has_one_name(resource: Callable[[str], dict[str, Any]]) -> None:
    one, other = resource("train"), resource("train")
    other["metadata"]["labels"] = {"somebody": "else"}
    assert spec_hash(one) == spec_hash(other)
    other["spec"]["entrypoint"] += " --epochs 3"
    assert spec_hash(one) != spec_hash(other)


@pytest.mark.parametrize(
    ("there", "number", "met"),
    [
        ([], 1, False),
        ([(FIRST, False)], 1, True),
        ([(FIRST, True)], 2, False),
        ([(FIRST, True), (SECOND, False)], 2, True),
        ([(SECOND, True)], 3, False),  # the first was deleted
        ([(TRAIN.name(10), True), (TRAIN.name(9), False)], 11, False),
        ([("demo-train-yesterday", False)], 1, False),  # a --run of the same question
    ],
)
def test_what_is_under_way_is_met_and_what_ended_is_followed_by_the_next(
    there: list[tuple[str, bool]], number: int, met: bool
) -> None:
    assert next_run_number(TRAIN, there) == (number, met)


def test_a_run_of_ones_own_has_no_number(resource: Callable[[str], dict[str, Any]]) -> None:
    asked = RunSpec(VERBS["train"], "demo", "0" * 64, run="nightly")
    template = resource("train")
    assert set_run_name(template, asked) == "demo-train-nightly"
    assert template["metadata"]["labels"]["plait/run"] == "nightly"
    assert template["metadata"]["annotations"][SPEC_ANNOTATION] == "0" * 64


def test_a_service_keeps_its_name(resource: Callable[[str], dict[str, Any]]) -> None:
    template = resource("serve")
    assert set_run_name(template, RunSpec(VERBS["serve"], "demo", "0" * 64)) == "demo-serve"


@pytest.mark.parametrize(
    ("run", "says"),
    [
        ("x" * 37, "48 characters. KubeRay takes 47"),
        ("Nightly", "DNS-1035"),
        ("a-", "DNS-1035"),
    ],
)
def test_a_name_the_operator_would_refuse_is_refused(
    run: str, says: str, resource: Callable[[str], dict[str, Any]]
) -> None:
    with pytest.raises(RuleBroken, match=says):
        set_run_name(resource("train"), RunSpec(VERBS["train"], "demo", "0" * 64, run=run))


def test_the_longest_name_passes(resource: Callable[[str], dict[str, Any]]) -> None:
    asked = RunSpec(VERBS["train"], "demo", "0" * 64, run="x" * 36)
    assert len(set_run_name(resource("train"), asked)) == 47
