"""Makes the value of every field from the columns of a source, by the value verbs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import polars as pl

from plait.config.value_settings import ValueVerbs, template_parts
from plait.sources.values.parse_numbers import parse_numbers
from plait.sources.values.row_expression import parse_expression
from plait.sources.values.value_text import as_text, with_decimal

RAW = "$raw:"  # marks the text of a path in which null words are still words
TYPED = "$typed:"  # marks the column that tells which values of a path are typed numbers
_NOTHING = pl.lit(None, pl.String)


@dataclass(frozen=True)
class ValueMapper:
    """Makes the values of one file; every value is text.

    The expressions are for a frame that has two text columns for each path: one of its name, in
    which null words are null, and one with the prefix RAW, in which they are not. A null word that
    is the whole value of a field is left to cleaning, which counts it.

    Attributes:
        paths: the paths that the file has.
        file: the file, as messages name it.
        decimal: the decimal mark of numbers that are written as text.
        mark: the decimal mark with which the field is read later.
        numbers: the paths whose values are typed numbers, so their text has a point.
        mixed: the paths of which some values are; the frame has a TYPED column for each.
    """

    paths: Collection[str]
    file: str
    decimal: str
    mark: str
    numbers: Collection[str] = ()
    mixed: Collection[str] = ()

    def value(self, verbs: ValueVerbs) -> pl.Expr:
        """Returns the text of a value."""
        return self._with_mark(self._refine(self._found(verbs), verbs), verbs)

    def _with_mark(self, found: pl.Expr, verbs: ValueVerbs) -> pl.Expr:
        """Returns a value times its factor; the result has the decimal mark of the field."""
        if verbs.column in self.numbers:
            return self._typed_with_mark(found, verbs.times)
        text = found
        if verbs.times is not None or verbs.decimal is not None:
            text = self._multiplied(found, verbs.times or 1.0, verbs.decimal or self.decimal)
        if verbs.column not in self.mixed:
            return text
        number = self._typed_with_mark(found, verbs.times)
        return pl.when(TYPED + str(verbs.column)).then(number).otherwise(text)

    def _typed_with_mark(self, found: pl.Expr, times: float | None) -> pl.Expr:
        """Returns typed numbers, whose text has a point, with the decimal mark of the field."""
        return with_decimal(found, self.mark) if times is None else self._multiplied(found, times)

    def _multiplied(self, found: pl.Expr, factor: float, decimal: str = ".") -> pl.Expr:
        """Returns the numbers in `found`, written with the mark `decimal`, times a factor."""
        number = found.map_batches(
            lambda text: parse_numbers(text, decimal) * factor, return_dtype=pl.Float64
        )
        # What is no number is left to cleaning, which counts null words and quarantines the rest.
        if decimal != self.mark:  # but is not read with the other mark
            other = parse_numbers(found, self.mark).is_not_null()
            found = pl.when(other).then(pl.format('"{}"', found)).otherwise(found)
        written = with_decimal(as_text(number, pl.Float64()), self.mark)
        return pl.coalesce(written, found)

    @staticmethod
    def _refine(found: pl.Expr, verbs: ValueVerbs) -> pl.Expr:
        if verbs.match is not None:
            found = found.str.extract(verbs.match, _first_group(verbs.match))
        if verbs.map and type(verbs) is ValueVerbs:  # the words of types are mapped by cleaning
            found = found.replace(dict(verbs.map))
        return found

    def _found(self, verbs: ValueVerbs) -> pl.Expr:
        if verbs.column is not None:
            return pl.col(RAW + verbs.column) if verbs.column in self.paths else _NOTHING
        if verbs.first is not None:
            parts = self._as_part_of(verbs)
            return pl.coalesce(parts._filled(one) for one in verbs.first)
        if verbs.text is not None:
            return self._template(verbs.text)
        if verbs.file is not None:
            return pl.lit(self.file).str.extract(verbs.file, _first_group(verbs.file))
        if verbs.expression is not None:
            return parse_expression(verbs.expression, "columns", self._as_part_of(verbs).mark)
        return pl.lit(verbs.constant, pl.String)

    def _as_part_of(self, verbs: ValueVerbs) -> ValueMapper:
        """Returns the mapper of what `verbs` refine: with the mark that they read, if they do."""
        final = verbs.times is None and verbs.decimal is None
        return self if final else replace(self, mark=verbs.decimal or self.decimal)

    def _filled(self, verbs: ValueVerbs) -> pl.Expr:
        """Returns a value in which null words and blank text are null, so the next one is used."""
        found = self._found(verbs) if verbs.column is None else self._part(verbs.column)
        value = self._with_mark(self._refine(found, verbs), verbs)
        return pl.when(value.str.strip_chars() != "").then(value)

    def _template(self, template: str) -> pl.Expr:
        parts: list[pl.Expr] = []
        for literal, path in template_parts(template):
            parts += [pl.lit(literal)] if literal else []
            if path is not None:
                part = self._part(path)
                parts.append(pl.when(part.str.strip_chars() != "").then(part))
        return pl.concat_str(parts)

    def _part(self, path: str) -> pl.Expr:
        return pl.col(path) if path in self.paths else _NOTHING


def _first_group(pattern: str) -> int:
    """Returns the number of the group of `pattern` that is the value; 0 is the whole match."""
    groups = pl.select(pl.lit("").str.extract_groups(pattern)).to_series().dtype
    return min(len(groups.fields), 1) if isinstance(groups, pl.Struct) else 0
