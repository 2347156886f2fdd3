"""How rare the values of records are: an equal rare value says more than an equal common one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

# The least that a value of one person counts for among strangers, in people.
_MIN_UNSEEN = 0.02


def value_shares(features: pl.DataFrame, people: pl.Series, name: str) -> npt.NDArray[np.float64]:
    """Returns, for each record, the chance that a stranger has its value of `name`; NaN for null.

    A value that d people have is had by d - 1 others, and by some whom the file does not show: as
    many as a value of one person turns out to have (Good and Turing). For names they are many, for
    e-mail addresses hardly any.

    Args:
        features: the columns that are compared.
        people: the person that each record is taken for.
        name: the column.
    """
    held = pl.DataFrame({"value": features[name], "person": people})
    had = held.drop_nulls("value").group_by("value").agg(d=pl.col("person").n_unique())
    once, twice = (had.filter(pl.col("d") == n).height for n in (1, 2))
    unseen = min(1.0, max(_MIN_UNSEEN, 2 * (twice + 0.5) / (once + 1)))
    shares = had.select("value", share=(pl.col("d") - 1 + unseen) / pl.col("d").sum())
    placed = held.join(shares, on="value", how="left", maintain_order="left")
    return placed["share"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
