"""The ids under which given event ids stand in a store."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from plait.config import Project
from plait.privacy.pseudonym import account_pseudonym, event_pseudonym, load_key


def event_ids(project: Project, named: Iterable[tuple[str, str]], platform: str) -> list[str]:
    """Returns the id of each event: (account, event id), both as they were given."""
    key = load_key(project)
    rows = pl.DataFrame(list(named), {"who": pl.String, "given": pl.String}, orient="row")
    rows = rows.with_columns(account=account_pseudonym(rows["who"], key, platform))
    ids = event_pseudonym(pl.col("given"), pl.col("account"), key, platform)
    return rows.select(ids).to_series().to_list()
