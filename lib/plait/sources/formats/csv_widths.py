"""Tells rows of a CSV file whose last value is empty from rows that lack values."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl


class FullRows:
    """Tells which rows certainly have as many values as there are columns.

    From the first row on that may have several lines, or has a quote that is not around a value,
    no row is certain. The lines are read once, only as far as they are asked for.

    Args:
        lines: `line`, the text of each row, or its begin; null for a blank line.
        separator: the character between two values.
        quote: the character around values; null if quotes are ordinary characters.
        columns: the number of columns.
        chunk: the lines that are read at a time.
    """

    def __init__(
        self, lines: pl.LazyFrame, separator: str, quote: str | None, columns: int, chunk: int
    ) -> None:
        line = pl.col("line").fill_null("").str.strip_suffix("\r")
        values, sound = line, pl.lit(value=True)
        if quote is not None:
            q, s = pl.escape_regex(quote), pl.escape_regex(separator)
            quoted = f"{q}[^{q}]*{q}"
            value = f"(?:(?:{quoted})+|[^{q}{s}]*)"
            values = line.str.replace_all(quoted, "")
            has_quote = line.str.contains(quote, literal=True)
            sound = ~has_quote | line.str.contains(f"^{value}(?:{s}{value})*$")
        marks = values.str.count_matches(separator, literal=True)
        self._lines = lines.select(full=marks == columns - 1, sound=sound)
        self._chunk = chunk
        self._rest: Iterator[pl.DataFrame] | None = None
        self._known = pl.Series(dtype=pl.Boolean)  # of the rows from `_first` on
        self._first = 1
        self._sound = True  # whether all lines so far are

    def of(self, rows: pl.Series) -> pl.Series:
        """Returns whether each of `rows` is certain, [N].

        Args:
            rows: numbers of rows that follow each other; the first may not decrease between calls.
        """
        if self._rest is None:
            self._rest = self._lines.collect_batches(chunk_size=self._chunk, maintain_order=True)
        self._forget(rows[0])
        while self._first + len(self._known) <= rows[-1]:
            batch = next(self._rest)
            sound = batch["sound"].cum_min() & self._sound
            self._sound = bool(sound[-1])
            self._known = self._known.append(batch["full"] & sound)
            self._forget(rows[0])
        return self._known.gather(rows - self._first)

    def _forget(self, first: int) -> None:
        """Drops what is known of the rows before `first`."""
        gone = min(first - self._first, len(self._known))
        self._known, self._first = self._known.slice(gone), self._first + gone
