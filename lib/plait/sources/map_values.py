"""Makes the value of every field from the columns of a source, by the value verbs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from plait.config.value_settings import ValueVerbs, template_parts
from plait.sources.parse_numbers import parse_numbers
from plait.sources.row_expression import parse_expression
from plait.sources.value_text import as_text, with_decimal

RAW = "$raw:"  # marks the text of a path in which null words are still words
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
        decimal: the decimal mark of numbers.
    """

    paths: Collection[str]
    file: str
    decimal: str

    def value(self, verbs: ValueVerbs) -> pl.Expr:
        """Returns the text of a value."""
        found = self._refine(self._found(verbs), verbs)
        if verbs.times is None and verbs.decimal is None:
            return found
        decimal, factor = verbs.decimal or self.decimal, verbs.times or 1.0
        number = found.map_batches(
            lambda text: parse_numbers(text, decimal) * factor, return_dtype=pl.Float64
        )
        # What is no number is left to cleaning, which counts null words and quarantines the rest.
        if decimal != self.decimal:  # but is not read with the other mark
            other = parse_numbers(found, self.decimal).is_not_null()
            found = pl.when(other).then(pl.format('"{}"', found)).otherwise(found)
        written = with_decimal(as_text(number, pl.Float64()), self.decimal)
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
            return pl.coalesce(self._filled(one) for one in verbs.first)
        if verbs.text is not None:
            return self._template(verbs.text)
        if verbs.file is not None:
            return pl.lit(self.file).str.extract(verbs.file, _first_group(verbs.file))
        if verbs.expression is not None:
            return parse_expression(verbs.expression, "columns", verbs.decimal or self.decimal)
        return pl.lit(verbs.constant, pl.String)

    def _filled(self, verbs: ValueVerbs) -> pl.Expr:
        """Returns a value in which null words and blank text are null, so the next one is used."""
        if verbs.column is None:
            value = self.value(verbs)
        else:
            plain = self._part(verbs.column)
            value = self._refine(plain, verbs) if verbs.times is None else self.value(verbs)
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
