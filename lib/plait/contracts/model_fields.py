"""Which field names a nested model knows at a place; feeds "did you mean"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel


def known_fields(model: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """Returns the field names of the model that `place`, a pydantic loc, leads to."""
    here = model
    for step in place:
        field = here.model_fields.get(str(step))
        if field is None:
            continue
        inside = models_in(field.annotation)
        if len(inside) != 1:
            return []
        here = inside[0]
    return list(here.model_fields)


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Returns the models that a field of the type `annotation` holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in getattr(annotation, "__args__", ()) for m in models_in(arg)]
