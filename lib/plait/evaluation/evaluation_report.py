"""The report of an evaluation, to print, write or compare."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from plait.errors import StoreError

PlatformFigures = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class EvaluationReport:
    """Figures per platform: of the model, of the baselines, and against another version.

    Attributes:
        protocol: one of evaluation_protocols.PROTOCOLS.
        model: the model's name in the registry.
        model_version: v1, v2, ...
        store_version: the store version with the held-out events.
        seed: seed of the negatives and of the bootstrap.
        platforms: the model's figures by platform.
        baselines: figures by platform, for each baseline (popularity, item-item).
        against: the other version's `name`, its `platforms`, and the paired `difference`;
            None without a comparison.
        ranks: person, platform, item and rank of every target; not part of the record.
    """

    protocol: str
    model: str
    model_version: str
    store_version: int
    seed: int
    platforms: PlatformFigures
    baselines: dict[str, PlatformFigures]
    against: dict[str, Any] | None = None
    ranks: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)

    def record(self) -> dict[str, Any]:
        """Returns the report as plain JSON values."""
        record = {
            name: getattr(self, name)
            for name in ("protocol", "model", "model_version", "store_version", "seed")
        }
        record |= {"platforms": self.platforms, "baselines": self.baselines}
        return record | ({"against": self.against} if self.against else {})

    def json(self) -> str:
        """Returns the report as JSON text."""
        return json.dumps(self.record(), indent=2)

    def write_json(self, path: Path) -> None:
        """Writes the JSON text to `path`.

        Raises:
            StoreError: the file cannot be written.
        """
        _write(path, lambda: path.write_text(self.json() + "\n", encoding="utf-8"))

    def write_ranks(self, path: Path) -> None:
        """Writes the ranks to the Parquet file `path`.

        Raises:
            StoreError: the file cannot be written.
        """
        _write(path, lambda: self.ranks.write_parquet(path))


def _write(path: Path, write: Any) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write()
    except OSError as error:
        raise StoreError(
            f"cannot write '{path}' ({error.strerror or error}).", fix="Name another file."
        ) from None
