from __future__ import annotations

from plait.errors import UnknownColumn, nearest


def test_an_error_says_what_what_else_and_the_fix() -> None:
    error = UnknownColumn("no 'sku'.", allowed="Did you mean 'item'?", fix="Set item: item.")
    assert str(error) == "UnknownColumn: no 'sku'. Did you mean 'item'? Set item: item."
    assert error.headline == "UnknownColumn"


def test_nearest_names_the_closest_or_all() -> None:
    assert nearest("purchse", ["view", "purchase"]) == "Did you mean 'purchase'?"
    assert nearest("zzz", ["view", "click"]) == "Known: click, view."
    assert nearest("zzz", []) == ""
