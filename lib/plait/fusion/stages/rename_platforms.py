"""Reads rows of the feedback log that name a platform by a former name."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from plait.clean.content_id import content_id
from plait.privacy.pseudonym import is_given_id


def rename_platforms(
    rows: pl.DataFrame,
    names: Mapping[str, str],
    platforms: Collection[str],
    items: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Returns `rows` with the present names of platforms.

    Pseudonyms stay: they are made under the first name of a platform.

    Args:
        rows: rows of the feedback log, or of a table.
        names: former name to present name.
        platforms: the columns with names of platforms.
        items: the columns with ids that begin with a platform, and the column that names it.
    """
    if not names:
        return rows
    former = [name for name in platforms if rows[name].is_in(list(names)).any()]
    ids = {
        id_: pl.concat_str(
            pl.col(of).replace(dict(names)),
            pl.lit(":"),
            pl.col(id_).str.slice(pl.col(of).str.len_chars() + 1),
        )
        for id_, of in (items or {}).items()
        if of in former
    }
    begins = {
        id_: pl.col(id_).str.starts_with(pl.concat_str(pl.col(of), pl.lit(":")))
        for id_, of in (items or {}).items()
    }
    return rows.with_columns(
        *(pl.when(begins[id_]).then(new).otherwise(id_).alias(id_) for id_, new in ids.items()),
        *(pl.col(name).replace(dict(names)) for name in former),
    )


def rename_events(rows: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """Returns events of the feedback log with the present names of their platforms.

    The id of an event that was given none is a fingerprint of its content, which has those names,
    so the same event in a log has the same id.

    Args:
        rows: EVENTS columns.
        names: former name to present name.
    """
    of_former = rows["platform"].is_in(list(names))
    if not of_former.any():
        return rows
    renamed = rename_platforms(rows, names, ["platform"], {"object_id": "platform"})
    made = pl.lit(of_former) & ~is_given_id(pl.col("event_id"))
    return renamed.with_columns(
        pl.when(made).then(content_id(renamed)).otherwise("event_id").alias("event_id")
    )
