"""Which events models may be trained and evaluated on."""

from __future__ import annotations

import polars as pl

from plait.features.sequences import SEQUENCE_COLUMNS, TRAIN


def keep_trainable(sequences: pl.DataFrame) -> pl.DataFrame:
    """Returns SEQUENCES rows without the events whose accounts do not consent to training.

    The result has no column `train`. Rows stay in their order; a person without any such event has
    empty lists. `seen` of a person who withholds an event is null, because it does not tell whose
    items it has.
    """
    if TRAIN not in sequences.columns:
        return sequences
    withheld = sequences[TRAIN].is_not_null()
    if not withheld.any():
        return sequences.drop(TRAIN)
    rows = sequences.with_row_index("$row")
    told = rows.filter(withheld)
    lists = [*SEQUENCE_COLUMNS, TRAIN]
    marks = told.with_columns(pl.col(TRAIN).str.extract_all("[01]"))
    kept = marks.select("$row", *lists).explode(lists).filter(pl.col(TRAIN) == "1")
    gathered = kept.group_by("$row", maintain_order=True).agg(SEQUENCE_COLUMNS)
    empty = [pl.col(name).fill_null([]) for name in SEQUENCE_COLUMNS]
    rows = rows.drop(TRAIN)
    told = told.drop(*SEQUENCE_COLUMNS, TRAIN).join(gathered, on="$row", how="left")
    told = told.with_columns(*empty, seen=pl.lit(None, pl.String))
    both = pl.concat([rows.filter(~withheld), told.select(rows.columns)])
    return both.sort("$row").drop("$row")
