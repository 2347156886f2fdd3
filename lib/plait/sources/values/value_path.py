"""Paths to values in nested data, such as `a.b`, `a[0]`, `a[].b` and `a[?(@.key=='b')].value`.

Names are those of objects in JSON and of structs in Parquet. A name with a dot or a bracket is in
quotes: `a['b.c']`, and in a filter `a[?(@['b.c']=='x')]`. Other marks need none: `@attr.#text`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from plait.errors import ConfigError

_STEP = re.compile(
    r"""
      \[\ *\]                                                  # every element
    | \[\ *(?P<index>-?\d+)\ *\]                               # one element
    | \[\ *\?\(?\ *@(?P<key>(?:\.[^.\[\]()='"]+?|\[\ *(?:'[^']+'|"[^"]+")\ *\])+)\ *==?\ *
      (?:(?P<quote>['"])(?P<value>.*?)(?P=quote)|(?P<bare>[\w.+-]+))\ *\)?\ *\]
    | \[\ *(?P<quote2>['"])(?P<quoted>.+?)(?P=quote2)\ *\]     # a name with any characters
    | (?P<name>[^.\[\]]+)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Field:
    """The field of an object."""

    name: str


@dataclass(frozen=True)
class Elements:
    """Every element of a list."""


@dataclass(frozen=True)
class Element:
    """One element of a list, from 0; negative ones count from the end."""

    index: int


@dataclass(frozen=True)
class Matching:
    """The first element of a list whose field (a path of names) has this value."""

    field: tuple[str, ...]
    value: str


Step = Field | Elements | Element | Matching


@lru_cache(maxsize=4096)
def parse_path(path: str) -> tuple[Step, ...]:
    """Returns the steps of `path`.

    Raises:
        ConfigError: `path` is not a path.
    """
    steps: list[Step] = []
    text = re.sub(r"^\$(?:\.|(?=\[)|$)", "", path.strip())  # $ stands for the whole record
    place = 0
    while place < len(text):
        if text[place] == "." and steps and place + 1 < len(text):
            place += 1
        found = _STEP.match(text, place)
        if found is None or found.end() == place:
            raise ConfigError(
                f"'{path}' is not a path (character {place + 1}).",
                allowed="Paths are names with dots, [] for every element of a list, [0] for one "
                "element, ['x.y'] for a name with marks, and [?(@.key=='page')] for the first with "
                "that value.",
                fix="Correct it, for example: event_params[?(@.key=='page')].value",
            )
        steps.append(_as_step(found))
        place = found.end()
    return tuple(steps)


def _as_step(found: re.Match[str]) -> Step:
    if found["index"] is not None:
        return Element(int(found["index"]))
    if found["key"] is not None:
        names = [
            step.name for step in parse_path("x" + found["key"])[1:] if isinstance(step, Field)
        ]
        return Matching(tuple(names), found["value"] if found["quote"] else found["bare"])
    name = found["quoted"] or found["name"]
    return Field(name) if name is not None else Elements()


def path_text(steps: Sequence[Step]) -> str:
    """Returns `steps` as a path in which each list is marked by []."""
    text = ""
    for step in steps:
        if isinstance(step, Field):
            name = step.name
            if len(steps) > 1 and re.search(r"[.\[\]]", name):
                mark = '"' if "'" in name else "'"
                text += f"[{mark}{name}{mark}]"
            else:
                text += f".{name}" if text else name
        else:
            text += "[]"
    return text
