"""Recognises erased accounts after pseudonym keys were rotated."""

from __future__ import annotations

import polars as pl

from plait.privacy.erasure import Erasures, erased_hash
from plait.privacy.pseudonym import PseudonymKey, account_pseudonyms_of_stages


def lift_erasures(erasures: Erasures, raw: pl.Series, key: PseudonymKey, space: str) -> Erasures:
    """Returns `erasures`, and those of the same accounts under the newest key.

    An erasure has a hash of the pseudonym under the key of its time, which cannot be lifted. But
    where raw ids are read, they tell what the pseudonym was then.

    Args:
        erasures: the erasures.
        raw: raw account ids.
        key: the pseudonym key, with all its stages.
        space: the namespace of the ids.
    """
    if not erasures or len(key.stages) == 1:
        return erasures
    stages = account_pseudonyms_of_stages(raw.drop_nulls().unique(), key, space)
    newest = stages.select(now=erased_hash(pl.col(stages.columns[-1])))
    found = [
        stages.select(erased=erased_hash(pl.col(name))).hstack(newest)
        for name in stages.columns[:-1]
    ]
    held = erasures.rows.join(pl.concat(found), on="erased")
    lifted = held.with_columns(erased="now").select(erasures.rows.columns)
    return Erasures(pl.concat([erasures.rows, lifted]))
