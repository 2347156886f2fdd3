"""What the values of one column look like: repeats, numbers, times, words, addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from plait.config.source_settings import NULL_WORDS
from plait.inspection.column_names import rate_name
from plait.inspection.time_formats import TimeFormat, is_clock, recognise_times
from plait.sources.values.parse_numbers import parse_numbers

_MAX_WORDS = 200
_HASH = r"^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$"
_FLAGS = frozenset({"0", "1", "true", "false", "True", "False", "TRUE", "FALSE", "0.0", "1.0"})


@dataclass(frozen=True)
class ColumnFacts:
    """The facts of one column of a sample.

    Attributes:
        name: the column or path.
        values: the text of each sampled row; null where there is no value, as a null word says.
    """

    name: str
    values: pl.Series

    @classmethod
    def of(cls, name: str, values: pl.Series) -> ColumnFacts:
        """Returns the facts of `values`, in which blank text and null words become null."""
        text = values.cast(pl.String).str.strip_chars()
        nothing = text.is_in([*NULL_WORDS, ""]).fill_null(value=True)
        return cls(name, text.set(nothing, None))

    @cached_property
    def given(self) -> pl.Series:
        """The values that are there."""
        return self.values.drop_nulls()

    @property
    def null_share(self) -> float:
        """The share of rows without a value, 0 to 1."""
        return 1 - len(self.given) / max(1, len(self.values))

    @cached_property
    def distinct(self) -> int:
        """The number of different values."""
        return int(self.given.n_unique())

    @property
    def unique_share(self) -> float:
        """Different values per value, 0 to 1."""
        return self.distinct / max(1, len(self.given))

    @cached_property
    def words(self) -> Mapping[str, int]:
        """The rows of each value, most frequent first; empty if there are very many values."""
        if not len(self.given) or self.distinct > _MAX_WORDS:
            return {}
        counts = self.given.value_counts(sort=True, name="n")
        return dict(zip(counts[self.given.name].to_list(), counts["n"].to_list(), strict=True))

    @cached_property
    def numbers(self) -> pl.Series:
        """The values that are plain numbers, as numbers."""
        return self.given.cast(pl.Float64, strict=False).drop_nulls()

    @cached_property
    def number_share(self) -> float:
        """The share of values that are plain numbers, 0 to 1."""
        return len(self.numbers) / max(1, len(self.given))

    @cached_property
    def money_share(self) -> float:
        """The share of values that are numbers with a decimal point or a currency sign."""
        return len(parse_numbers(self.given, ".").drop_nulls()) / max(1, len(self.given))

    @cached_property
    def comma_share(self) -> float:
        """The share of values that are numbers with a decimal comma."""
        return len(parse_numbers(self.given, ",").drop_nulls()) / max(1, len(self.given))

    @property
    def has_commas(self) -> bool:
        """Whether numbers have a decimal comma: more values are read so than with a point."""
        return self.comma_share >= 0.9 and self.comma_share > self.money_share + 0.02

    @cached_property
    def whole(self) -> bool:
        """Whether all values are whole numbers."""
        return self.number_share == 1 and bool((self.numbers == self.numbers.floor()).all())

    @cached_property
    def range(self) -> tuple[float, float, float]:
        """The lowest, the median and the highest number; zeros if there is none."""
        found = self.numbers
        if not len(found):
            return 0.0, 0.0, 0.0
        low, middle, high = found.min(), found.median(), found.max()
        return float(low), float(middle), float(high)  # type: ignore[arg-type]

    @cached_property
    def length(self) -> float:
        """The mean length of the values, in characters."""
        return float(self.given.str.len_chars().mean() or 0)  # type: ignore[arg-type]

    def share(self, pattern: str) -> float:
        """Returns the share of values, 0 to 1, in which a regular expression is found."""
        return float(self.given.str.contains(pattern).mean() or 0) if len(self.given) else 0.0  # type: ignore[arg-type]

    @cached_property
    def is_hash(self) -> bool:
        """Whether the values are hexadecimal digests."""
        return self.share(_HASH) > 0.9

    @cached_property
    def is_email(self) -> bool:
        """Whether the values are e-mail addresses."""
        return self.share(r"^[^@\s]+@[^@\s]+\.\w+$") > 0.9

    @cached_property
    def is_url(self) -> bool:
        """Whether the values are addresses or paths of pages."""
        return self.share(r"^(?:https?://|/)") > 0.8

    @cached_property
    def is_json(self) -> bool:
        """Whether the values are JSON objects or lists."""
        return self.share(r"^\s*[\[{].*[\]}]\s*$") > 0.8

    @cached_property
    def is_flag(self) -> bool:
        """Whether the values are only true and false, or 1 and 0."""
        return 0 < len(self.words) <= 2 and self.words.keys() <= _FLAGS

    @cached_property
    def is_clock(self) -> bool:
        """Whether the values are times of day."""
        return is_clock(self.given)

    @cached_property
    def is_sentence(self) -> bool:
        """Whether the values are text with blanks, as titles are and ids are not."""
        return self.share(r"\S\s+\S") > 0.3

    @cached_property
    def time(self) -> TimeFormat | None:
        """The format of times, if the values are times."""
        named = max(rate_name("time", self.name), rate_name("published", self.name)) >= 0.5
        return recognise_times(self.given, named=named)

    @cached_property
    def is_id(self) -> bool:
        """Whether the values may be ids: short, without blanks, whole if they are numbers."""
        if not len(self.given) or self.is_clock or self.is_flag or self.is_json:
            return False
        if self.number_share > 0.9 and bool((self.numbers != self.numbers.floor()).any()):
            return False
        return self.length <= 80 and self.share(r"\s") < 0.05
