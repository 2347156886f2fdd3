"""`plait config schema` describes every key: its meaning, unit, default and a valid example."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from plait.config import Project

SCHEMA = Project.model_json_schema()
MODELS = {"Project": SCHEMA, **SCHEMA["$defs"]}
KEYS = [(model, key) for model, part in MODELS.items() for key in part.get("properties", {})]


def _holds_number(part: dict[str, Any]) -> bool:
    options = [part, *part.get("anyOf", []), *part.get("prefixItems", [])]
    return any(option.get("type") in ("integer", "number") for option in options)


def _find_gaps(model: str, key: str, part: dict[str, Any], required: bool) -> list[str]:
    """Returns what the schema leaves unsaid about a key."""
    said, gaps = part.get("description", ""), []
    if len(said.split()) < 2 or not said.endswith("."):
        gaps.append(f"{model}.{key}: no description in a sentence")
    if _holds_number(part) and "Unit: " not in said:
        gaps.append(f"{model}.{key}: no 'Unit: ' in the description")
    if not required and part.get("default") is None and "Default: " not in said:
        gaps.append(f"{model}.{key}: neither a default nor 'Default: ' in the description")
    if not part.get("examples"):
        gaps.append(f"{model}.{key}: no example")
    return gaps


@pytest.mark.parametrize(("model", "key"), KEYS)
def test_key_has_meaning_unit_default_and_example(model: str, key: str) -> None:
    part = MODELS[model]["properties"][key]
    assert not _find_gaps(model, key, part, key in MODELS[model].get("required", []))


@pytest.mark.parametrize(("model", "key"), KEYS)
def test_examples_are_valid(model: str, key: str) -> None:
    part = MODELS[model]["properties"][key]
    validator = Draft202012Validator({**part, "$defs": SCHEMA["$defs"]})
    for example in part["examples"]:
        validator.validate(example)


def test_a_bare_number_has_four_gaps() -> None:
    assert len(_find_gaps("Training", "epochs", {"type": "integer"}, required=False)) == 4


def test_all_models_are_walked() -> None:
    assert {"Training", "Serving", "EventColumns", "CatalogueColumns"} <= set(MODELS)
    assert len(KEYS) > 60
