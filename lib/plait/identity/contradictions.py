"""Finds accounts that share a value of a key but belong to different people, such as a family."""

from __future__ import annotations

from typing import Any

import polars as pl

from plait.identity.cluster_guards import CONTRADICTIONS

NAME, BIRTH, NATIONAL_ID = "given_name", "birth_date", "national_id"
# Of a value with more holders, only the pairs with the first holder are compared.
MAX_COMPARED = 50
# Names are alike if they begin alike (an initial, a short form), or are spelt nearly the same.
_ALIKE_NAMES = """
    starts_with(name_a, name_b) or starts_with(name_b, name_a)
    or damerau_levenshtein(name_a, name_b) <= 1
    or jaro_winkler_similarity(name_a, name_b) >= 0.85
    or coalesce(name_a = surname_b or name_b = surname_a, false)
"""
# One digit mistyped or left out, or day and month, or two digits, exchanged.
_ALIKE_CODES = """
    damerau_levenshtein({0}_a, {0}_b) <= 1
    or list_sort(string_split({0}_a, '')) = list_sort(string_split({0}_b, ''))
"""
_COLUMNS = {"name": NAME, "surname": "surname", "birth": BIRTH, "national": NATIONAL_ID}


def find_contradictions(edges: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Returns CONTRADICTIONS: accounts with a value in common that are different people.

    Their given names are not alike, and nothing says that they are one person all the same: their
    birth dates and national ids are not alike either, as far as both have them. `because` names
    the columns that differ. Relatives share an address, a phone and a surname; a typing error, a
    nickname that begins alike or a swapped surname is no contradiction.

    Args:
        edges: EVIDENCE_EDGES of keys: stars from the first holder of a value to the others.
        records: account and the normalised texts given_name, surname, birth_date (YYYYMMDD) and
            national_id, as far as there are such columns, one row per account.
    """
    if NAME not in records.columns:
        return pl.DataFrame(schema=CONTRADICTIONS)
    text = {
        short: pl.col(name) if name in records.columns else pl.lit(None, pl.String)
        for short, name in _COLUMNS.items()
    }
    held = records.select("account", **text).filter(pl.col("name").is_not_null())
    pairs = _holder_pairs(edges)
    for side in "ab":
        told = held.select(pl.all().name.suffix(f"_{side}"))
        pairs = pairs.join(told, on=f"account_{side}")
    pairs = pairs.filter(pl.col("name_a") != pl.col("name_b"))
    return _unlike(pairs)


def _holder_pairs(edges: pl.DataFrame) -> pl.DataFrame:
    """Returns account_a < account_b of the holders of each value, without duplicates."""
    star = edges.select("rule", first="account_a", other="account_b")
    small = star.filter(pl.len().over("rule", "first") <= MAX_COMPARED)
    between = small.join(small, on=["rule", "first"], suffix="_b").filter(
        pl.col("other") < pl.col("other_b")
    )
    pairs = pl.concat(
        [
            star.select(account_a="first", account_b="other"),
            between.select(account_a="other", account_b="other_b"),
        ]
    )
    low, high = pl.min_horizontal(pl.all()), pl.max_horizontal(pl.all())
    return pairs.select(account_a=low, account_b=high).unique()


def _unlike(pairs: pl.DataFrame) -> pl.DataFrame:
    """Returns CONTRADICTIONS of those of `pairs` whose texts are not alike."""
    alike = {short: _ALIKE_CODES.format(short) for short in ("birth", "national")}
    query = f"""
        select account_a, account_b, concat_ws(', ', '{NAME}',
            if(birth_a is not null and birth_b is not null, '{BIRTH}', null),
            if(national_a is not null and national_b is not null, '{NATIONAL_ID}', null)
        ) as because
        from pairs
        where not ({_ALIKE_NAMES})
        and not coalesce({alike["birth"]}, false) and not coalesce({alike["national"]}, false)
    """
    import duckdb  # slow to import, and most projects compare no names

    quiet: dict[str, Any] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with duckdb.connect(":memory:", config=quiet) as database:
        database.register("pairs", pairs.to_arrow())
        found = pl.DataFrame(database.sql(query).to_arrow_table())
    return found.select(pl.col(n).cast(k) for n, k in CONTRADICTIONS.items()).sort(
        "account_a", "account_b"
    )
