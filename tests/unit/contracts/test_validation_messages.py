"""Every kind of error that a message or the project file can have is said in plain words."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from plait.config import Project
from plait.contracts.http_messages import (
    EventsRequest,
    LinkRequest,
    RankRequest,
    RecommendRequest,
    UnlinkRequest,
)
from plait.contracts.validation_messages import describe_error

EVENT = {
    "type": "view", "user": {"platform": "shop", "id": "u"}, "item_id": "shop:1", "order": 1,
    "value": 1.0, "currency": "EUR", "dwell_s": 1.0, "time": "2026-11-24T01:02:03Z",
}  # fmt: skip
FILES = {"files": "x.csv"}
COLUMNS = {"account": "a", "item": "i", "time": "t"}
RIGHT: dict[type[BaseModel], dict[str, Any]] = {
    RecommendRequest: {"user": {"person_id": "p"}, "events": [EVENT], "platforms": ["shop"],
                       "exclude": ["shop:1"], "seen": "allow", "k": 3, "record": True},
    RankRequest: {"user": {"platform": "shop", "id": "u"}, "items": ["shop:1"]},
    EventsRequest: {"events": [EVENT]},
    LinkRequest: {"accounts": [EVENT["user"], EVENT["user"]]},
    UnlinkRequest: {"accounts": [EVENT["user"], EVENT["user"]]},
    Project: {
        "store": "s", "model": "m", "sequence_length": 5,
        "platforms": {"shop": {
            "kind": "shop",
            "events": {**FILES, "format": "csv", "columns": COLUMNS, "k_core": 2,
                       "type": {"column": "c", "map": {"a": "view"}},
                       "time": {"unit": "s", "resolution": "s"}},
            "catalogue": {**FILES, "columns": {"item": "i"}},
            "accounts": {**FILES, "account": "a", "keys": {"email": "e"}},
        }},
        "people": {"same_account_id": [["shop"]], "keys": ["email"]},
        "train": {"dropout": 0.1, "epochs": 3, "learning_rate": 0.1, "calendar": True},
        "serve": {"port": 1, "replicas": [1, 2]},
    },
}  # fmt: skip
WRONG = [
    None, True, "", "x", "x" * 5_000, "9" * 5_000, "\ud800", "a\x00", 0, -1, 1.5, 10**400,
    float("inf"), float("nan"), [], [1] * 5_000, {}, {"x": 1}, {1: 2}, b"x", object(),
]  # fmt: skip
CODE = ("Input", "dictionary", "instance", "object at 0x", "valid ", "sys.", "_type", "List",
        "Tuple", "Envelope", "pydantic", "Error", "should match", "ctx", "str ", "{")  # fmt: skip


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(value, dict | list):
        return [place]
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    return [place, *(found for key, one in inside for found in places(one, (*place, key)))]


def replaced(value: Any, place: tuple[Any, ...], wrong: Any) -> Any:
    if not place:
        return wrong
    changed = copy.deepcopy(value)
    here = changed
    for step in place[:-1]:
        here = here[step]
    here[place[-1]] = wrong
    return changed


@pytest.mark.parametrize("model", RIGHT, ids=lambda model: model.__name__)
def test_no_message_names_anything_of_the_code(model: type[BaseModel]) -> None:
    right = RIGHT[model]
    model.model_validate(right)
    kinds: dict[str, str] = {}
    for place in places(right):
        for wrong in WRONG:
            try:
                model.model_validate(replaced(right, place, wrong))
            except ValidationError as error:
                for item in error.errors(include_url=False)[:50]:
                    kinds[item["type"]] = message = describe_error(item, "a mapping")
                    if item["type"] == "extra_forbidden":
                        continue  # said with the nearest known name
                    assert not any(word in message for word in CODE), (item["type"], message)
                    assert len(message) <= 300
                    wanted, _, seen = message.partition(", not ")
                    assert not wanted.endswith(seen or "?"), message  # a number, not a number
    assert len(kinds) >= 5, kinds
