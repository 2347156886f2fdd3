"""Makes the columns that are compared from records. They stay in memory."""

from __future__ import annotations

import polars as pl

from plait.identity.probabilistic.fold_dates import fold_dates
from plait.identity.probabilistic.fold_phones import fold_phones
from plait.identity.probabilistic.fold_text import fold_code, fold_text
from plait.identity.probabilistic.meanings import kind_of

LAST_YEAR = 2029  # a birth year of two digits that would be later belongs to the century before
_TITLES = r"^(?:mr|mrs|ms|miss|dr|prof|sir)\.?\s+"


def make_features(records: pl.DataFrame) -> pl.DataFrame:
    """Returns account, platform and normalised columns, one row an account, in order of account.

    If an account has several rows, each column has its first value in text order. full_name
    becomes given_name and surname; email also gives email_name, the part before the @.

    Args:
        records: account, platform and one text column a meaning.
    """
    meanings = sorted(set(records.columns) - {"account", "platform"})
    texts = records.select("account", "platform", pl.col(meanings).cast(pl.String))
    one = texts.group_by("account").agg(pl.all().min()).sort("account")
    parts = [_normalise(rows, meanings) for rows in one.partition_by("platform")]
    return _split_names(pl.concat(parts).sort("account")) if parts else one


def _normalise(rows: pl.DataFrame, meanings: list[str]) -> pl.DataFrame:
    """Returns `rows` of one platform with every column of `meanings` normalised."""
    made: dict[str, pl.Series | pl.Expr] = {}
    for meaning in meanings:
        kind, text = kind_of(meaning), pl.col(meaning)
        if kind == "date":
            made[meaning] = fold_dates(rows[meaning], LAST_YEAR)
        elif kind == "phone":
            country = rows["country"] if "country" in rows.columns else None
            made[meaning] = fold_phones(rows[meaning], country)
        elif kind in ("code", "number"):
            made[meaning] = fold_code(text)
        elif kind == "email":
            mail = text.str.normalize("NFKC").str.strip_chars().str.to_lowercase()
            made[meaning] = pl.when(mail.str.len_chars() > 2).then(mail)
            made["email_name"] = fold_text(mail.str.replace(r"@.*$", "").str.replace(r"\+.*$", ""))
        elif meaning != "full_name":  # its comma says which part is the surname
            made[meaning] = fold_text(text)
    return rows.with_columns(**made)


def _split_names(rows: pl.DataFrame) -> pl.DataFrame:
    """Returns `rows` with given_name and surname taken from full_name where they are null."""
    if "full_name" not in rows.columns:
        return rows
    full = pl.col("full_name").str.to_lowercase().str.replace(_TITLES, "")
    turned = full.str.replace(r"^([^,]+),\s*(.+)$", "$2 $1")
    words = fold_text(turned).str.split(" ")
    several = words.list.len() > 1
    made = rows.with_columns(
        _given=pl.when(several).then(words.list.first()), _surname=words.list.last()
    )
    for name, part in (("given_name", "_given"), ("surname", "_surname")):
        told = [name] if name in made.columns else []
        made = made.with_columns(pl.coalesce(*told, part).alias(name))
    return made.drop("full_name", "_given", "_surname")
