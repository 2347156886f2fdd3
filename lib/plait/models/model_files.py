"""The files that models of all families have: config.json and metrics.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from polars.exceptions import PolarsError
from safetensors import SafetensorError

from plait.errors import DamagedVersion
from plait.models.family import Provenance
from plait.store.finite_numbers import parse_finite
from plait.store.registry import METRICS

FORMAT = 1
CONFIG = "config.json"
NEURAL = "neural"  # also the family of an old model whose config.json names none
_LOAD_ERRORS = (
    OSError, ValueError, KeyError, TypeError, RuntimeError, OverflowError, SafetensorError,
    PolarsError,
)  # fmt: skip


def write_model_files(
    folder: Path,
    family: str,
    parts: Mapping[str, Any],
    provenance: Provenance,
    metrics: dict[str, Any],
) -> None:
    """Writes config.json and metrics.json; `parts` are the family's own keys of config.json."""
    config = {"format": FORMAT, "family": family, **parts, "training": asdict(provenance)}
    (folder / CONFIG).write_text(json.dumps(config, indent=1))
    (folder / METRICS).write_text(json.dumps(metrics, indent=1))


def read_config(folder: Path) -> dict[str, Any]:
    """Returns the content of config.json; call it inside `refuse_damaged`.

    Raises:
        ValueError: the file has another format.
    """
    config: dict[str, Any] = parse_finite((folder / CONFIG).read_text())
    if config["format"] != FORMAT:
        msg = f"format {config['format']}, this plait reads {FORMAT}"
        raise ValueError(msg)
    return config


def read_provenance(config: dict[str, Any]) -> Provenance:
    """Returns the provenance in `config`."""
    return Provenance(**config["training"])


def read_metrics(folder: Path) -> dict[str, Any]:
    """Returns the content of metrics.json; call it inside `refuse_damaged`."""
    metrics: dict[str, Any] = parse_finite((folder / METRICS).read_text())
    return metrics


def family_of(folder: Path, known: tuple[str, ...]) -> str:
    """Returns the name of the family of the model in `folder`, one of `known`.

    Raises:
        DamagedVersion: it is not one of `known`, or config.json cannot be read.
    """
    with refuse_damaged(folder):
        family = read_config(folder).get("family", NEURAL)
        if family not in known:
            msg = f"family '{family}', this plait has {', '.join(known)}"
            raise ValueError(msg)
        return str(family)


@contextmanager
def refuse_damaged(folder: Path) -> Iterator[None]:
    """Turns errors of reading the files in `folder` inside the block into DamagedVersion."""
    try:
        yield
    except _LOAD_ERRORS as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DamagedVersion(
            f"the model in '{folder}' cannot be loaded ({reason}).",
            fix="Go back with `plait models rollback`, or train again with `plait train`.",
        ) from None
