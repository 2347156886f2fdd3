"""The first records of a JSON file: which paths they have, and where text holds JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from plait.sources.values.value_path import Elements, Field, Matching, Step, path_text

_EMPTY: tuple[Any, ...] = (None, [], {})
_LISTED = 200  # records whose paths messages list
_MAX_DEPTH = 8  # of the paths that messages list


@dataclass(frozen=True)
class JsonSample:
    """Some records of a file, parsed."""

    records: list[Any]

    @classmethod
    def of(cls, texts: pl.Series) -> JsonSample:
        """Returns the sample of the texts that are JSON objects."""
        records = []
        for text in texts.drop_nulls():
            try:
                record = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict):
                records.append(record)
        return cls(records)

    def names(self) -> list[str]:
        """Returns the keys of the records."""
        return list(dict.fromkeys(name for record in self.records for name in record))

    @cached_property
    def nested_names(self) -> frozenset[str]:
        """The names of all keys, at any depth."""
        steps = (one for record in self.records for path in _scalars(record, ()) for one in path)
        return frozenset(step.name for step in steps if isinstance(step, Field))

    def paths(self) -> list[str]:
        """Returns the paths of all scalar values, in the order in which they are found."""
        found: dict[tuple[Step, ...], None] = {}
        for record in self.records[:_LISTED]:
            found.update(dict.fromkeys(_scalars(record, ())))
        return list(dict.fromkeys(path_text(steps) for steps in found))

    def record_paths(self) -> list[str]:
        """Returns the paths to the lists of objects."""
        found: dict[str, None] = {}
        for record in self.records:
            for steps in _scalars(record, ()):
                last = max((n for n, s in enumerate(steps) if isinstance(s, Elements)), default=-1)
                if -1 < last < len(steps) - 1:
                    found[path_text(steps[: last + 1])] = None
        return list(found)

    def has(self, steps: Sequence[Step]) -> bool:
        """Returns whether a record has a value at `steps`, null included.

        Any element of a list will do, as the type of a Parquet column would: which elements and
        which values of a key occur differs from file to file. So does what is in an object that is
        null or empty in all records.
        """
        for end in range(len(steps), 0, -1):
            found = [value for one in self.records for value in _follow(one, steps[:end])]
            if found:
                return end == len(steps) or all(one in _EMPTY for one in found)
        return False

    def cut_at_text(self, steps: Sequence[Step]) -> Sequence[Step]:
        """Returns the steps up to a text that holds JSON, which is decoded in its turn."""
        for end in range(1, len(steps)):
            head = steps[:end]
            for record in self.records:
                if any(_is_json_text(value) for value in _follow(record, head)):
                    return head
        return steps


def _scalars(value: Any, steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    if len(steps) > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from _scalars(inside, (*steps, Field(name)))
    elif isinstance(value, list):
        for inside in value:
            yield from _scalars(inside, (*steps, Elements()))
    else:
        yield steps


def _follow(value: Any, steps: Sequence[Step]) -> Iterator[Any]:
    if not steps:
        yield value
        return
    if _is_json_text(value):
        value = json.loads(value)
    step, rest = steps[0], steps[1:]
    if isinstance(step, Field):
        if isinstance(value, dict) and step.name in value:
            yield from _follow(value[step.name], rest)
        return
    if not isinstance(value, list):
        return
    if isinstance(step, Matching):
        fields = [Field(name) for name in step.field]
        value = [one for one in value if any(True for _ in _follow(one, fields))]
    for inside in value:
        yield from _follow(inside, rest)


def _is_json_text(value: Any) -> bool:
    if not isinstance(value, str) or value.strip()[:1] not in ("{", "["):
        return False
    try:
        return isinstance(json.loads(value), dict | list)
    except (ValueError, RecursionError):
        return False
