"""Currencies are codes of ISO 4217; the base is worth one unit of itself."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from plait.config.currency_settings import CurrencySettings


def _parse(raw: dict[str, Any]) -> CurrencySettings:
    return CurrencySettings.model_validate(raw)


def test_the_table_has_the_base_too() -> None:
    assert _parse({"base": "EUR"}).table == {"EUR": 1.0}
    found = _parse({"base": "EUR", "rates": {"USD": "0.92", "EUR": 1}})  # YAML gives text
    assert found.table == {"USD": 0.92, "EUR": 1.0}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"base": "eur"}, "'eur' is no currency code of ISO 4217, such as EUR. Write EUR"),
        ({"base": "EUX"}, "'EUX' is no currency code"),
        ({"base": "EUR", "rates": {"PCS": 2}}, "'PCS' is no currency code"),
        ({"base": "EUR", "rates": {"USD": 0}}, "greater than 0"),
        ({"base": "EUR", "rates": {"USD": "inf"}}, "finite"),
        ({"base": "EUR", "rates": {"EUR": 1.1}}, "Remove rates.EUR, or name another base"),
        ({"rates": {"USD": 0.92}}, "Field required"),
    ],
)
def test_wrong_currencies_are_refused(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        _parse(raw)
