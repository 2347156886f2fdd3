"""Finds unknown fields before validation, which would report each of them as an error."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel

from plait.contracts.validation_messages import models_in

FieldPath = tuple[str | int, ...]


def find_unknown_fields(
    value: Any, model: type[BaseModel], place: FieldPath = ()
) -> Iterator[FieldPath]:
    """Yields the location of each field in `value`, nested ones included, that `model` lacks.

    Args:
        value: the JSON value.
        model: the expected model.
        place: the steps that lead to `value`.
    """
    if not isinstance(value, dict):
        return
    known, inside = _known_fields(model)
    if not value.keys() <= known:
        for name in value:
            if name not in known:
                yield (*place, name)
    for name, nested in inside.items():
        found = value.get(name)
        if isinstance(found, list):
            for index, entry in enumerate(found):
                yield from find_unknown_fields(entry, nested, (*place, name, index))
        elif found is not None:
            yield from find_unknown_fields(found, nested, (*place, name))


@cache
def _known_fields(model: type[BaseModel]) -> tuple[frozenset[str], dict[str, type[BaseModel]]]:
    """Returns the field names of `model`, and the fields that hold a model or a list of models."""
    inside = {name: models_in(field.annotation) for name, field in model.model_fields.items()}
    return frozenset(inside), {name: one[0] for name, one in inside.items() if len(one) == 1}
