"""The stage that gathers what accounts consent to, and gives it to the rows of people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from plait.config import Project
from plait.contracts.consent_rows import CONSENT_STATEMENTS
from plait.contracts.store_tables import QUARANTINE
from plait.engine.engine import Engine
from plait.features.sequences import OWN_PLATFORM, TRAIN
from plait.fusion.kernels.consent_kernel import ConsentRowKernel, ConsentSplit
from plait.privacy.consent import may_join, merge_statements
from plait.privacy.pseudonym import PseudonymKey
from plait.progress import track_progress


def gather_statements(
    engine: Engine[Any], project: Project, key: PseudonymKey, splits: Sequence[ConsentSplit]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns CONSENT_STATEMENTS, merged, of all logs of consent, and QUARANTINE rows."""
    if not splits:
        return pl.DataFrame(schema=CONSENT_STATEMENTS), QUARANTINE.empty()
    kernel = ConsentRowKernel(project, key)
    with track_progress("Consents", unit="rows") as progress:
        out = engine.map_splits(
            splits,
            kernel.read,
            kernel,
            spills={},
            tables={},
            merges={"statements": merge_statements, "faults": lambda frame: frame},
            advance=progress.advance,
        )
    return (
        out.get("statements", pl.DataFrame(schema=CONSENT_STATEMENTS)),
        out.get("faults", QUARANTINE.empty()),
    )


def add_consents(placed: pl.DataFrame, consents: pl.DataFrame) -> pl.DataFrame:
    """Returns `placed` with `train` and `own_platform`, if any account withholds anything.

    Args:
        placed: account, bucket, person.
        consents: CONSENTS of every account.
    """
    withheld = consents.filter(~(may_join() & pl.col("train")))
    if not withheld.height:
        return placed
    told = withheld.select(
        "account", pl.col("train").alias(TRAIN), (~may_join()).alias(OWN_PLATFORM)
    )
    return placed.join(told, on="account", how="left").with_columns(
        pl.col(TRAIN).fill_null(value=True), pl.col(OWN_PLATFORM).fill_null(value=False)
    )
