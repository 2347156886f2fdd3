"""Writes a draft as YAML, with its notes and questions as comments beside the settings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from plait.config.yaml_text import write_inline, write_scalar
from plait.inspection.drafts.draft import Draft, Place

_WIDTH = 100
ALTERNATIVE = "#| "  # begins a line that may be used in place of the setting below it
_INLINE = 70  # characters of a mapping that is written in one line


def write_yaml(draft: Draft, head: list[str]) -> str:
    """Returns the text of a project file.

    Args:
        draft: the settings and notes.
        head: comment lines for its beginning.
    """
    lines = [f"# {line}".rstrip() for line in head]
    lines += _mapping(draft, draft.settings, (), 0)
    for note in draft.notes_at(("people",)):
        if "people" not in draft.settings:
            lines += _comment(note.text, 0, question=note.question)
            lines += _alternative(note.instead, 0)
    return "\n".join(lines) + "\n"


def _mapping(draft: Draft, settings: Mapping[str, Any], place: Place, depth: int) -> Iterator[str]:
    for key, value in settings.items():
        here = (*place, key)
        notes = draft.notes_at(here)
        for note in notes:
            if not note.tail:
                yield from _comment(note.text, depth, question=note.question)
            yield from _alternative(note.instead, depth)
        tail = "".join(f"  # {note.text}" for note in notes if note.tail)
        lead = "  " * depth + f"{write_scalar(key)}:"
        if isinstance(value, dict) and value:
            inner = write_inline(value)
            if len(inner) <= _INLINE and not _has_notes_inside(draft, here):
                yield f"{lead} {inner}{tail}"
            else:
                yield lead + tail
                yield from _mapping(draft, value, here, depth + 1)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield lead + tail
            yield from _list(draft, value, here, depth + 1)
        elif (
            isinstance(value, list)
            and value
            and len(lead) + len(write_inline(value)) > _WIDTH
            and not tail
        ):
            yield from _wrap(lead, value, depth)
        else:
            yield f"{lead} {write_inline(value)}{tail}"


def _list(draft: Draft, values: list[Any], place: Place, depth: int) -> Iterator[str]:
    for number, value in enumerate(values):
        here = (*place, str(number))
        for note in draft.notes_at(here):
            yield from _comment(note.text, depth, question=note.question)
            yield from _alternative(note.instead, depth)
        lines = list(_mapping(draft, value, here, depth + 1))
        first = next(n for n, line in enumerate(lines) if not line.lstrip().startswith("#"))
        yield from lines[:first]
        yield "  " * depth + "- " + lines[first].lstrip()
        yield from lines[first + 1 :]


def _wrap(lead: str, values: list[Any], depth: int) -> Iterator[str]:
    """Yields a long list of plain values in several lines."""
    line = f"{lead} ["
    for place, value in enumerate(values):
        part = write_inline(value) + ("]" if place == len(values) - 1 else ",")
        if len(line) + len(part) >= _WIDTH:
            yield line.rstrip()
            line = "  " * (depth + 1)
        line += part if line.endswith("[") or not line.strip() else f" {part}"
    yield line


def _has_notes_inside(draft: Draft, place: Place) -> bool:
    return any(n.place[: len(place)] == place and n.place != place for n in draft.notes)


def _comment(text: str, depth: int, *, question: bool) -> Iterator[str]:
    lead = "  " * depth + "# "
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    text = f"? {text}" if question and not text.startswith("?") else text
    yield from textwrap.wrap(
        text, _WIDTH, initial_indent=lead, subsequent_indent=lead + "  ",
        break_long_words=False, break_on_hyphens=False, drop_whitespace=True,
    )  # fmt: skip


def _alternative(settings: Mapping[str, Any] | None, depth: int) -> Iterator[str]:
    """Yields settings behind a mark: without it, and without the setting below, they are valid."""
    if settings:
        for line in _mapping(Draft(dict(settings)), settings, (), 0):
            yield "  " * depth + ALTERNATIVE + line
