"""Every reason has words and a fix, and a fix names settings that exist."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from plait.config.platform_settings import Platform
from plait.contracts.quarantine_reasons import (
    PRICE_OUTLIER,
    QUARANTINE_REASONS,
    REASONS,
    REMOVAL_REASONS,
    VALUE_REASONS,
    check_reason,
    describe_place,
    describe_value,
    reason_fix,
    reason_words,
)
from plait.errors import UnknownReason


def _models(kind: Any) -> list[type[BaseModel]]:
    """Returns the models that a field of this type may hold."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [model for part in get_args(kind) for model in _models(part)]


def _exists(path: list[str]) -> bool:
    models: list[type[BaseModel]] = [Platform]
    for name in path:
        held = [m.model_fields[name].annotation for m in models if name in m.model_fields]
        if not held:
            return False
        models = [model for kind in held for model in _models(kind)]
    return True


@pytest.mark.parametrize("code", sorted(REASONS))
def test_a_fix_names_settings_that_exist(code: str) -> None:
    of_catalogue = code in {*VALUE_REASONS.values(), "null_item", PRICE_OUTLIER}
    fix = reason_fix(code, "shop", "catalogue" if of_catalogue else "events")
    for path in re.findall(r"platforms\.shop\.([\w.]*\w)", fix):
        assert _exists(path.split(".")), fix


@pytest.mark.parametrize("code", sorted(REASONS))
def test_words_complete_a_sentence(code: str) -> None:
    reason = REASONS[code]
    assert reason.words[0].islower()
    assert not reason.words.endswith(".")
    assert reason.fix[0].isupper()
    assert not re.search(r"\{[ps]\}|\{\{", reason_fix(code, "shop"))


def test_no_code_is_both_quarantined_and_removed() -> None:
    assert not QUARANTINE_REASONS.keys() & REMOVAL_REASONS.keys()
    assert set(VALUE_REASONS.values()) <= QUARANTINE_REASONS.keys()


def test_an_unknown_code_stays_as_it_is() -> None:
    assert reason_words("bad_thing") == "bad_thing"
    assert reason_fix("bad_thing", "shop") == "Correct platforms.shop.events."


def test_account_rows_name_their_own_setting() -> None:
    assert "platforms.shop.accounts.account " in reason_fix("null_account", "shop", "accounts")


def test_a_reason_that_is_not_there_is_refused_with_the_nearest() -> None:
    check_reason("bad_time", [])
    check_reason("of_a_newer_plait", ["of_a_newer_plait"])
    with pytest.raises(UnknownReason, match="Did you mean 'bad_time'"):
        check_reason("bad_tme", [])


def test_places_and_values_in_words() -> None:
    assert describe_place("a.csv", 7) == "a.csv:7"
    assert describe_place("a.json", 7, 2) == "a.json:7 element 2"
    assert describe_value("time", "x") == "time = 'x'"
    assert describe_value("account", None) == "account"
    assert describe_value("item", "y" * 60) == f"item = '{'y' * 37}...'"
