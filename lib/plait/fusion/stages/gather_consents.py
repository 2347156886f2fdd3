"""The stage that gathers what accounts consent to, and gives it to the rows of people."""

from __future__ import annotations

from typing import Any

import polars as pl

from plait.config import Project
from plait.contracts.consent_rows import CONSENT_STATEMENTS
from plait.contracts.store_tables import QUARANTINE
from plait.engine.engine import Engine
from plait.features.sequences import OWN_PLATFORM, TRAIN
from plait.fusion.kernels.consent_kernel import ConsentRowKernel
from plait.fusion.stages.find_inputs import FusionInputs
from plait.fusion.stages.read_feedback import read_posted_consents
from plait.fusion.stages.rename_platforms import rename_platforms
from plait.privacy.consent import may_join, merge_statements
from plait.privacy.pseudonym import PseudonymKey
from plait.progress import track_progress
from plait.store.store import Store


def gather_statements(
    engine: Engine[Any], project: Project, store: Store, key: PseudonymKey, inputs: FusionInputs
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Returns CONSENT_STATEMENTS, merged, of all logs and of HTTP, and QUARANTINE rows."""
    statements, faults = pl.DataFrame(schema=CONSENT_STATEMENTS), QUARANTINE.empty()
    if inputs.consents:
        kernel = ConsentRowKernel(project, key)
        with track_progress("Consents", unit="rows") as progress:
            out = engine.map_splits(
                inputs.consents,
                kernel.read,
                kernel,
                spills={},
                tables={},
                merges={"statements": merge_statements, "faults": lambda frame: frame},
                advance=progress.advance,
            )
        statements, faults = out.get("statements", statements), out.get("faults", faults)
    if posted := inputs.posted_consents:
        said = read_posted_consents(store, posted.slices(), key)
        named = rename_platforms(said, inputs.former_names, ("platform",))
        statements = merge_statements(pl.concat([statements, named]))
    return statements, faults


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
