"""people.link says which columns mean what, and mistakes are named as they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plait.config.link_settings import LinkSettings
from plait.config.parse_project import parse_config
from plait.errors import ConfigError

EVENTS = {"files": "e", "columns": {"account": "a", "item": "i", "time": "t"}, "type": "view"}


def _parse(link: dict[str, Any]) -> LinkSettings:
    raw = {"store": "s", "platforms": {"shop": {"events": EVENTS}}, "people": {"link": link}}
    settings = parse_config(raw, folder=Path()).people.link
    assert settings is not None
    return settings


def test_a_value_is_of_all_platforms_or_of_one() -> None:
    settings = _parse({"columns": {"surname": "last", "city": {"shop": "town"}}})
    assert {m: v.column for m, v in settings.values_of("shop").items()} == {
        "surname": "last", "city": "town",
    }  # fmt: skip
    assert list(settings.values_of("video")) == ["surname"]
    assert settings.setting_of("city", "shop") == "people.link.columns.city.shop"
    assert settings.setting_of("surname", "shop") == "people.link.columns.surname"


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"columns": {"city": {"shp": "town"}}}, "people.link.columns names 'shp'"),
        ({"columns": {"Birth date": "d"}}, "cannot be a meaning"),
        ({"columns": {"prior": "d"}}, "cannot be a meaning"),
        ({"columns": {"city": {"shop": 3}}}, "people.link.columns.city.shop: must be"),
        ({"columns": {"city": 3}}, "people.link.columns.city: must be"),
        ({"columns": {"city": "c"}, "threshold": 0.1}, "review_from (0.2) is above the threshold"),
    ],
)
def test_mistakes_are_told(link: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as told:
        _parse(link)
    assert said in str(told.value)
