"""Messages for validation errors that do not mention the code, and the known field names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from plait.contracts.id_rules import PATTERN_MESSAGES


def known_fields(model: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """Returns the field names of the model at `place`, a pydantic loc inside `model`."""
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
    """Returns the models in the type `annotation` of a field."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in getattr(annotation, "__args__", ()) for m in models_in(arg)]


_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "none_required": "null",
}
_MAPPINGS = ("dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type")
_LIMITS = {
    "greater_than_equal": "must be at least {ge:,}",
    "greater_than": "must be more than {gt:,}",
    "less_than_equal": "must be at most {le:,}",
    "less_than": "must be less than {lt:,}",
    "string_too_long": "must have at most {max_length:,} characters",
    "string_too_short": "must have at least {min_length:,} characters",
    "too_long": "must have at most {max_length:,} entries",
    "too_short": "must have at least {min_length:,} entries",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
}


def describe_error(item: Mapping[str, Any], mapping: str = "an object") -> str:
    """Returns the message of an error, such as "must be a whole number, not text".

    Args:
        item: one entry of `ValidationError.errors()`.
        mapping: the word of the format for a mapping.
    """
    kind, context = item["type"], item.get("ctx") or {}
    if kind == "missing":
        return "is missing"
    if kind in _MAPPINGS:
        return f"must be {mapping}, not {_describe_value(item['input'], mapping)}"
    if kind in _EXPECTED:
        return f"must be {_EXPECTED[kind]}, not {_describe_value(item['input'], mapping)}"
    if context.get("min_length") == 1:
        return "must not be empty"
    if kind in _LIMITS:
        return _LIMITS[kind].format(**context)
    if kind == "string_pattern_mismatch":
        return PATTERN_MESSAGES.get(context["pattern"], "is not written as it must be")
    if kind == "string_unicode":
        return "is no well-formed Unicode"
    if kind == "invalid_key":
        return "must be named by text"
    return str(item["msg"]).removeprefix("Value error, ")[:300]


def _describe_value(value: Any, mapping: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        if value != value:
            return "NaN"
        return f"{value}" if abs(value) <= 1e15 else "a number so large"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        return "a list"
    return mapping if isinstance(value, Mapping) else "something else"
