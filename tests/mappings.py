"""Mappings of fields to columns, for tests of the readers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.config.source_settings import SourceSettings
from plait.config.value_settings import ValueVerbs, expand_value
from plait.sources.columns.source_mapping import SourceMapping


def mapping_of(
    fields: Mapping[str, object],
    *,
    lists: frozenset[str] = frozenset(),
    flags: tuple[str, ...] = (),
    **source: Any,
) -> SourceMapping:
    """Returns the mapping of `fields` (field: value as in the project file) and of a source."""
    values = {name: ValueVerbs.model_validate(expand_value(v)) for name, v in fields.items()}
    settings = SourceSettings.model_validate({"files": "x"} | source)
    return SourceMapping(settings, values, {n: f"columns.{n}" for n in values}, lists, flags)
