"""Reads a file that says which account belongs to which person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from plait.config import Project
from plait.contracts.id_rules import AROUND_IDS
from plait.errors import EmptyInput, MissingFile, UnknownColumn, UnreadableFile, nearest
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym

TRUTH_COLUMNS = ("platform", "account", "person")


@dataclass(frozen=True)
class Truth:
    """The true persons.

    Attributes:
        accounts: account (pseudonym), platform, true.
        rows: the number of rows of the file.
        incomplete: rows without a platform, an account or a person; they are left out.
        repeated: rows that repeat another one; they are left out.
        contradicting: accounts that have several persons; they are left out.
        unknown_platforms: rows by platform that the project does not have; they are left out.
    """

    accounts: pl.DataFrame
    rows: int
    incomplete: int
    repeated: int
    contradicting: int
    unknown_platforms: dict[str, int]


def read_truth(path: Path, project: Project, key: PseudonymKey) -> Truth:
    """Returns the truth in a CSV or Parquet file with the columns platform, account and person.

    The accounts are raw ids as in the logs.

    Raises:
        MissingFile, UnreadableFile, UnknownColumn, EmptyInput: the file cannot be used.
    """
    rows = _read_rows(path).select(
        pl.col(name).cast(pl.String).str.strip_chars(AROUND_IDS) for name in TRUTH_COLUMNS
    )
    if rows.is_empty():
        raise EmptyInput(
            f"the truth file '{path}' has no rows.", fix="Give one row to each account."
        )
    whole = rows.drop_nulls().filter(pl.all_horizontal(pl.all() != ""))
    known = whole.filter(pl.col("platform").is_in(list(project.platforms)))
    unknown = whole.filter(~pl.col("platform").is_in(list(project.platforms)))
    distinct = known.unique(maintain_order=True)
    clear = distinct.filter(pl.len().over("platform", "account") == 1)
    parts = [
        part.select(
            account=account_pseudonym(part["account"], key, project.id_namespace(str(platform))),
            platform="platform",
            true="person",
        )
        for (platform,), part in clear.partition_by("platform", as_dict=True).items()
    ]
    empty = pl.DataFrame(schema=dict.fromkeys(("account", "platform", "true"), pl.String))
    return Truth(
        pl.concat([empty, *parts]),
        rows.height,
        rows.height - whole.height,
        known.height - distinct.height,
        distinct.height - clear.height,
        dict(unknown.group_by("platform").len().sort("platform").iter_rows()),
    )


def _read_rows(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise MissingFile(
            f"there is no truth file '{path}'.",
            allowed=f"A CSV or Parquet file with the columns {', '.join(TRUTH_COLUMNS)}.",
            fix="Name a file that exists.",
        )
    try:
        if path.suffix.lower() == ".parquet":
            rows = pl.read_parquet(path)
        else:
            rows = pl.read_csv(path, infer_schema=False)
    except (PolarsError, UnicodeDecodeError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise UnreadableFile(
            f"the truth file '{path}' cannot be read ({reason}).",
            allowed="CSV with a header and commas, in UTF-8, or Parquet if its name ends with "
            ".parquet.",
            fix=f"Write it again with the columns {', '.join(TRUTH_COLUMNS)}.",
        ) from None
    for name in TRUTH_COLUMNS:
        if name not in rows.columns:
            columns = ", ".join(rows.columns)
            raise UnknownColumn(
                f"the truth file '{path}' has no column '{name}' (columns: {columns}).",
                allowed=nearest(name, rows.columns),
                fix=f"Name its columns {', '.join(TRUTH_COLUMNS)}: the platform, the account id as "
                "in its log, and any name of the person.",
            )
    return rows
