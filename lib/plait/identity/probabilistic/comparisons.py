"""How two records are compared: for each column, levels from equal to different.

A comparison is a list of levels; the first whose condition holds is the level of a pair. Columns
that cannot tell people apart are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from plait.identity.probabilistic.meanings import kind_of

# The functions of each SQL dialect of Splink.
FUNCTIONS = {
    "duckdb": {"jaro_winkler": "jaro_winkler_similarity"},
    "spark": {"jaro_winkler": "jaro_winkler"},
}
EXACT, SWAPPED, DIFFERENT = "exact", "swapped", "different"
_UNIT = 2.0**-10
_MIN_HELD = 0.01  # a column that fewer accounts have is left out
_MIN_INITIALS = 0.01  # share of given names of one letter from which they are a level
_CODE_LIKE = 0.6  # share of values with a digit from which plain text is compared as a code


@dataclass(frozen=True)
class Comparison:
    """One comparison: its levels, best first, as labels and SQL conditions.

    `nothing` is the condition under which a pair says nothing. In conditions, {x} stands for a
    function of FUNCTIONS; a column is v_<name>_l of one record, and v_<name>_r of the other.
    """

    name: str
    columns: tuple[str, ...]
    nothing: str
    levels: tuple[tuple[str, str], ...]

    @property
    def labels(self) -> list[str]:
        """The labels of all levels, best first; the last is DIFFERENT."""
        return [*(label for label, _ in self.levels), DIFFERENT]

    def splink_settings(self, dialect: str) -> dict[str, Any]:
        """Returns the comparison as Splink's settings have it.

        The weight (log2 m/u) of a level is its number: 1 for DIFFERENT, the highest for the best.
        So Splink's predictions, which keep no levels, tell the level of each comparison.
        """
        functions = FUNCTIONS[dialect]
        told = [*((label, sql.format(**functions)) for label, sql in self.levels)]
        told.append((DIFFERENT, "ELSE"))
        return {
            "output_column_name": self.name,
            "comparison_levels": [
                {
                    "sql_condition": self.nothing.format(**functions),
                    "label_for_charts": "missing",
                    "is_null_level": True,
                },
                *(
                    {
                        "sql_condition": sql,
                        "label_for_charts": label,
                        "m_probability": _UNIT * 2.0**number,
                        "u_probability": _UNIT,
                    }
                    for number, (label, sql) in zip(range(len(told), 0, -1), told, strict=True)
                ),
            ],
        }


def choose_comparisons(features: pl.DataFrame) -> tuple[list[Comparison], dict[str, str]]:
    """Returns the comparisons of `features`, and the columns that are left out with the reason."""
    left_out: dict[str, str] = {}
    names = [name for name in features.columns if name not in ("account", "platform", "email_name")]
    for name in names:
        held = features[name].drop_nulls()
        if len(held) < max(2, _MIN_HELD * features.height):
            left_out[name] = "empty"
        elif held.n_unique() == 1:
            left_out[name] = "constant"
        elif held.n_unique() == len(held) and kind_of(name) in ("category", "number"):
            left_out[name] = "unique"
    used = [name for name in names if name not in left_out]
    return [_comparison(name, features, used) for name in used], left_out


def _comparison(name: str, features: pl.DataFrame, used: list[str]) -> Comparison:
    kind = kind_of(name)
    if kind == "text" and _share(features[name].str.contains(r"\d")) > _CODE_LIKE:
        kind = "code"
    make = _MAKERS.get(kind, _text)
    missing = f"v_{name}_l IS NULL OR v_{name}_r IS NULL"
    levels = ((EXACT, f"v_{name}_l = v_{name}_r"), *make(name))
    other = {"given_name": "surname", "surname": "given_name"}.get(name)
    if other in used and other is not None:
        swapped = _swapped("given_name", "surname")
        if name == "surname":  # what a swap says is said by given_name
            missing = f"{missing} OR {swapped}"
        else:
            levels = (levels[0], (SWAPPED, swapped), *levels[1:])
    if name == "given_name" and _share(features[name].str.len_chars() == 1) > _MIN_INITIALS:
        levels = (*levels[:2], ("initial", _initial(name)), *levels[2:])
    columns = ("given_name", "surname") if other in used else (name,)
    return Comparison(name, columns, missing, levels)


def _share(said: pl.Series) -> float:
    share = said.mean()
    return float(share) if isinstance(share, (int, float)) else 0.0


def _text(name: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (f"similar_{bar}", f"{{jaro_winkler}}(v_{name}_l, v_{name}_r) >= 0.{bar}")
        for bar in (92, 80)
    )


def _edits(name: str, most: int) -> tuple[tuple[str, str], ...]:
    return tuple((f"edits_{n}", _within(name, n, 0.6)) for n in range(1, most + 1))


def _within(name: str, edits: int, similarity: float) -> str:
    """Returns a condition: at most `edits`. It is counted, slowly, only for similar values."""
    pair = f"(v_{name}_l, v_{name}_r)"
    counted = f"damerau_levenshtein{pair} <= {edits}"
    return f"CASE WHEN {{jaro_winkler}}{pair} >= {similarity} THEN {counted} ELSE FALSE END"


def _date(name: str) -> tuple[tuple[str, str], ...]:
    def equal(*parts: tuple[int, int]) -> str:
        return " AND ".join(
            f"substr(v_{name}_l, {at}, {size}) = substr(v_{name}_r, {at}, {size})"
            for at, size in parts
        )

    year, month, day = (1, 4), (5, 2), (7, 2)
    turned = (
        f"{equal(year)} AND substr(v_{name}_l, 5, 2) = substr(v_{name}_r, 7, 2) "
        f"AND substr(v_{name}_l, 7, 2) = substr(v_{name}_r, 5, 2)"
    )
    two = " OR ".join(f"({equal(*p)})" for p in ((year, month), (year, day), (month, day)))
    return (
        ("one_edit", f"({turned}) OR ({_within(name, 1, 0.6)})"),
        ("two_parts", two),
        ("year", equal(year)),
    )


def _email(name: str) -> tuple[tuple[str, str], ...]:
    # Similar addresses of relatives and namesakes must not count, so a few edits are the limit.
    user = "email_name"
    return (
        ("same_name", f"v_{user}_l = v_{user}_r OR ({_within(name, 1, 0.8)})"),
        ("edits_3", _within(name, 3, 0.8)),
    )


def _swapped(given: str, surname: str) -> str:
    def half(a: str, b: str, c: str, d: str) -> str:
        return f"(v_{a}_l = v_{b}_r AND {{jaro_winkler}}(v_{c}_l, v_{d}_r) >= 0.80)"

    turned = f"{half(given, surname, surname, given)} OR {half(surname, given, given, surname)}"
    return f"(({turned}) AND v_{given}_l <> v_{given}_r)"


def _initial(name: str) -> str:
    either = f"(length(v_{name}_l) = 1 OR length(v_{name}_r) = 1)"
    return f"{either} AND substr(v_{name}_l, 1, 1) = substr(v_{name}_r, 1, 1)"


_MAKERS: dict[str, Callable[[str], tuple[tuple[str, str], ...]]] = {
    "date": _date,
    "email": _email,
    "number": lambda name: _edits(name, 1),
    "code": lambda name: _edits(name, 2),
    "phone": lambda name: _edits(name, 2),
    "category": lambda _name: (),
}
