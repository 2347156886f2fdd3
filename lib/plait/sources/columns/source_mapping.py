"""Which values are read from a source: every contract field with its verbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from plait.config.source_settings import SourceSettings
from plait.config.value_settings import ValueVerbs, template_columns
from plait.sources.values.row_expression import expression_columns


@dataclass(frozen=True)
class NamedPath:
    """A column or path that a value names.

    Attributes:
        path: as in the project file.
        key: the key that names it; see full_setting.
        optional: whether a file may lack it.
        group: paths of one group are alternatives, of which a file needs one; '' if there is none.
        part: whether it is only a part of the value.
        inside: whether the key has a text or an expression that names it.
    """

    path: str
    key: str
    optional: bool = False
    group: str = ""
    part: bool = False
    inside: bool = False


@dataclass(frozen=True)
class SourceMapping:
    """The fields of a source, and where its records lie.

    Attributes:
        source: files, format, records and lists to open.
        values: the value of each field.
        keys: the config key of each field; see full_setting.
        lists: the fields that may hold several texts, joined by LIST_SEPARATOR.
        flags: the columns each of which is an event of its own, if it is true.
        optional_flags: whether some files may lack them.
    """

    source: SourceSettings
    values: Mapping[str, ValueVerbs]
    keys: Mapping[str, str]
    lists: frozenset[str] = frozenset()
    flags: tuple[str, ...] = ()
    optional_flags: bool = False

    @property
    def opened(self) -> tuple[str, ...]:
        """The lists that are opened: one path, or several parallel ones."""
        each = self.source.each
        return () if each is None else (each,) if isinstance(each, str) else tuple(each)

    @property
    def makes_elements(self) -> bool:
        """Whether a row may become several."""
        return bool(self.opened or self.flags)

    @cached_property
    def marks_numbers(self) -> bool:
        """Whether the numbers of JSON must be told from text, which may have a decimal comma."""
        return self.source.decimal == "," or any(map(_has_comma, self.values.values()))

    def named_paths(self) -> list[NamedPath]:
        """Returns every column and path that the values name."""
        found = [
            path
            for name, value in self.values.items()
            for path in _paths_of(value, self.keys[name], NamedPath("", ""))
        ]
        flags = (NamedPath(f, f"type.flags.{f}", self.optional_flags) for f in self.flags)
        return [*found, *flags]


def full_setting(where: str, key: str) -> str:
    """Returns the whole name of a key of a source: `key` is relative to `where`, or of `people`."""
    return key if key.startswith("people.") else f"{where}.{key}"


def _has_comma(value: ValueVerbs) -> bool:
    return value.decimal == "," or any(map(_has_comma, value.first or ()))


def _paths_of(value: ValueVerbs, key: str, inherited: NamedPath) -> Iterator[NamedPath]:
    optional = value.optional or inherited.optional

    def named(path: str, at: str) -> NamedPath:
        part = inherited.part or value.column is None
        return NamedPath(path, at, optional, inherited.group, part, inside=value.column is None)

    if value.column is not None:
        short = type(value) is ValueVerbs and value.model_fields_set == {"column"}
        yield named(value.column, key if short else f"{key}.column")
    elif value.first is not None:
        # A value that needs no column is always there, so the columns before it may be missing.
        optional = optional or any(one.constant or one.file for one in value.first)
        for place, one in enumerate(value.first):
            yield from _paths_of(
                one,
                f"{key}.first.{place}",
                NamedPath("", "", optional, inherited.group or key, part=True),
            )
    elif value.text is not None:
        yield from (named(path, f"{key}.text") for path in template_columns(value.text))
    elif value.expression is not None:
        yield from (named(path, key) for path in expression_columns(value.expression, key))


def check_expressions(mapping: SourceMapping, where: str) -> None:
    """Checks the expressions of a source, whose setting is `where`, before a file is read.

    Raises:
        ConfigError: one is not an SQL expression, or looks at more than one row.
    """
    for name, value in mapping.values.items():
        for _ in _paths_of(value, full_setting(where, mapping.keys[name]), NamedPath("", "")):
            pass
