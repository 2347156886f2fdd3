"""Learns the parameters of strengths from the rows that stay, and keeps them in the store version.

`learned` of a version has two entries: `kept_strength_bins`, the STRENGTH_BINS of its events, and
`strength_parameters`, by platform. An incremental run subtracts the bins of the touched buckets and
adds what they hold now. If that moves a parameter, all buckets are merged again, so its tables
equal those of a full run.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl

from plait.clean.strength_histogram import learn_parameters
from plait.clean.strength_rules import PARAMETERS_KEY
from plait.config import Project
from plait.errors import ConfigError
from plait.fusion.incremental.base_version import STRENGTH_BINS_KEY


def learn_strengths(bins: pl.DataFrame) -> dict[str, Any]:
    """Returns `learned` of a version whose events have these STRENGTH_BINS."""
    parameters = learn_parameters(bins)
    return {
        STRENGTH_BINS_KEY: [list(row) for row in bins.iter_rows()],
        PARAMETERS_KEY: {name: found.to_record() for name, found in parameters.items()},
    }


def parameters_moved(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether events of the version that learned `before` would have other strengths now."""
    return bool(before.get(PARAMETERS_KEY, {}) != now.get(PARAMETERS_KEY, {}))


def lengths_moved(before: pl.DataFrame, now: pl.DataFrame) -> bool:
    """Whether an item that had events has another length now.

    Args:
        before: item, length_s of the items that had events.
        now: the same of the items in catalogues.
    """
    both = before.join(now.select("item", now="length_s"), on="item", how="left")
    return not both["length_s"].equals(both["now"])


def learning_cut(project: Project) -> datetime | None:
    """Returns the time before which parameters are learned; null: from all events.

    It is train.cut if training holds out what comes after it.

    Raises:
        ConfigError: train.cut is not a time, and strengths are learned.
    """
    if not any(platform.strength.learns for platform in project.platforms.values()):
        return None
    train = project.train
    if train.split != "time" or train.cut is None:
        return None
    try:
        cut = datetime.fromisoformat(train.cut)
    except ValueError:
        raise ConfigError(
            f"train.cut is '{train.cut}', which is not a time.",
            allowed="ISO 8601, such as 2014-05-01 or 2014-05-01T12:00:00Z.",
        ) from None
    return cut.replace(tzinfo=UTC) if cut.tzinfo is None else cut
