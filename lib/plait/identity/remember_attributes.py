"""Keeps what accounts files said in the vault, and returns what no file says any more."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from plait.config import Project
from plait.identity.id_spaces import home_platform
from plait.privacy.vault import Vault
from plait.privacy.vault_places import split_by_bucket

_HOME_ON = "home_on"  # of the vault only: the platform on which `home` is a pseudonym


def remember_attributes(
    vault: Vault | None, rows: pl.DataFrame, project: Project, hashed: Collection[str] = ()
) -> pl.DataFrame:
    """Returns `rows`, and the rows that the vault has of accounts that are not in `rows`.

    Rows that are new or changed are written to the vault, after all of it was read. So a lost
    master key ends the run before anything is written. Of an account in `rows`, only these count.

    Args:
        vault: the vault; null: `rows` are returned.
        rows: account, platform, and any columns; several rows of an account are possible. `home`
            and `key` have the meaning of ACCOUNT_ATTRIBUTES.
        project: the project. Accounts of other platforms, and keys that are no longer declared, do
            not count.
        hashed: the columns with bare hashes of `pseudonymise`.
    """
    if vault is None:
        return rows
    noted = rows.with_columns(_home_platforms(project).alias(_HOME_ON))
    parts = dict(split_by_bucket(noted))
    recalled, changed = [rows], dict(parts)
    for held in vault.scan():
        for bucket, there in split_by_bucket(_align(held, noted)):
            here = parts.get(bucket, noted.clear())
            gone = there.join(here, on="account", how="anti").filter(_still_counts(project, rows))
            if "home" in rows.columns:
                same_home = pl.col(_HOME_ON).eq_missing(_home_platforms(project))
                gone = gone.with_columns(home=pl.when(same_home).then("home").otherwise("account"))
            recalled.append(gone.select(rows.columns))
            equal = _marks(here).join(_marks(there), on=["account", "mark", "rows"], how="semi")
            changed[bucket] = here.join(equal, on="account", how="anti")
    vault.write(pl.concat([noted.clear(), *changed.values()]), hashed=hashed)
    return pl.concat(recalled)


def _home_platforms(project: Project) -> pl.Expr:
    homes = {name: home_platform(project, name) or name for name in project.platforms}
    return pl.col("platform").replace_strict(homes, default=None, return_dtype=pl.String)


def _still_counts(project: Project, rows: pl.DataFrame) -> pl.Expr:
    """Returns whether a row of the vault is of a platform and a key that the project has."""
    counts = pl.col("platform").is_in(list(project.platforms))
    if "key" not in rows.columns:
        return counts
    declared = {n for p in project.platforms.values() if p.accounts for n in p.accounts.keys}
    names = sorted(declared if project.people.keys is None else project.people.keys)
    return counts & (pl.col("key").is_null() | pl.col("key").is_in(names))


def _align(held: pl.DataFrame, to: pl.DataFrame) -> pl.DataFrame:
    """Returns `held` with the columns of `to`; those that it lacks are null."""
    missing = [pl.lit(None).alias(name) for name in to.columns if name not in held.columns]
    return held.with_columns(missing).select(pl.col(n).cast(kind) for n, kind in to.schema.items())


def _marks(rows: pl.DataFrame) -> pl.DataFrame:
    """Returns account, mark, rows: two accounts with equal rows in any order have equal marks."""
    mark = pl.struct(pl.all()).hash(seed=0).sum()
    return rows.group_by("account").agg(mark.alias("mark"), pl.len().alias("rows"))
