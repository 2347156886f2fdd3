"""Keys of records: two records are compared if they have one of the keys in common."""

from __future__ import annotations

import polars as pl

from plait.identity.probabilistic.meanings import kind_of


def block_keys(used: list[str]) -> dict[str, tuple[str, pl.Expr]]:
    """Returns keys by name, each with the column that it is made of and its expression.

    Args:
        used: the columns that are compared; see make_features.
    """
    keys: dict[str, tuple[str, pl.Expr]] = {}
    for name in used:
        kind, value = kind_of(name), pl.col(name)
        keys[name] = (name, value)
        if kind == "date":
            long = value.str.len_chars() == 8
            keys["birth_year"] = (name, value.str.slice(0, 4))
            keys["birth_day"] = (name, pl.when(long).then(value.str.slice(4)))
            keys["birth_month"] = (name, pl.when(long).then(value.str.slice(0, 6)))
        elif kind == "email":
            keys["email_name"] = (name, pl.col("email_name"))
        elif kind in ("name", "text", "place"):
            keys[f"{name}_start"] = (name, value.str.slice(0, 4))
            keys[f"{name}_sound"] = (name, _skeleton(value))
            keys[f"{name}_end"] = (name, value.str.slice(-4))
        elif kind in ("phone", "code"):
            half = value.str.len_chars() // 2
            keys[f"{name}_start"] = (name, value.str.slice(0, half))
            keys[f"{name}_end"] = (name, value.str.slice(half))
    if "given_name" in used and "surname" in used:
        both = pl.concat_list("given_name", "surname").list.sort().list.join(" ")
        whole = pl.col("given_name").is_not_null() & pl.col("surname").is_not_null()
        keys["names"] = ("names", pl.when(whole).then(both))
    return keys


def _skeleton(value: pl.Expr) -> pl.Expr:
    """Returns the first letter and the consonants after it, doubled letters once, at most 5."""
    rest = value.str.slice(1).str.replace_all(r"[aeiouyhw ]", "")
    alike = rest.str.replace_many(
        ["ph", "ck", "c", "q", "z", "v", "b", "d", "g", "m"],
        ["f", "k", "k", "k", "s", "f", "p", "t", "k", "n"],
    )
    return pl.concat_str(value.str.slice(0, 1), alike).str.slice(0, 5)
