"""Rows spilled to local disk, one folder for each bucket."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import polars as pl

from plait.engine.engine import BUCKET
from plait.errors import StoreError
from plait.store.leased_folder import LEASE_SECONDS, LeasedFolder


class LocalSpill:
    """Parquet files by bucket, in a folder of its own that `close` removes."""

    def __init__(self, folder: Path, buckets: int) -> None:
        try:
            self._lease = LeasedFolder(folder)
        except OSError as error:
            raise _unwritable(folder, error) from None
        self.folder = self._lease.folder
        self.buckets = buckets
        self.rows = 0
        self._lock = Lock()

    def write(self, rows: pl.DataFrame) -> None:
        """Adds `rows` to the buckets that their `bucket` column names.

        Raises:
            StoreError: the disk is full or cannot be written.
        """
        with self._lock:
            self.rows += rows.height
        if self.buckets == 1:
            parts = {(0,): rows.drop(BUCKET)} if rows.height else {}
        else:
            parts = rows.partition_by(BUCKET, as_dict=True, include_key=False)
        try:
            for (bucket,), part in parts.items():
                folder = self.folder / str(bucket)
                folder.mkdir(parents=True, exist_ok=True)
                part.write_parquet(
                    folder / f"{uuid.uuid4().hex}.parquet", compression="lz4", statistics=False
                )
        except (
            OSError,
            pl.exceptions.ComputeError,
        ) as error:  # Polars may raise ComputeError on a full disk
            raise _unwritable(self.folder, error) from None

    def read(self, bucket: int, columns: Sequence[str] | None = None) -> pl.DataFrame | None:
        """Returns all rows of `bucket`, or null if it is empty.

        Raises:
            StoreError: the lease of this run expired, and another run removed the rows.
        """
        if self._lease.is_lost:
            raise StoreError(
                f"the rows spilled to '{self.folder}' are missing.",
                allowed="Another run removes the rows of a run that does not renew its lease for "
                f"{LEASE_SECONDS:.0f} s.",
                fix="Run again; no partly written version is visible.",
            )
        files = sorted((self.folder / str(bucket)).glob("*.parquet"))
        if not files:
            return None
        return pl.read_parquet(
            files, columns=list(columns) if columns else None, glob=False, hive_partitioning=False
        )

    def repartition(self, moving: pl.DataFrame) -> None:
        """Copies rows to other buckets; see Spill.repartition."""
        for (bucket,), group in moving.partition_by(BUCKET, as_dict=True).items():
            rows = self.read(int(bucket))
            if rows is None:
                continue
            going = rows.join(group.select("account", pl.col("target").alias(BUCKET)), on="account")
            if going.height:
                self.write(going)

    def close(self) -> None:
        """Removes all spilled rows."""
        self._lease.close()


def _unwritable(folder: Path, error: Exception) -> StoreError:
    return StoreError(
        f"cannot spill rows to '{folder}' ({str(error).splitlines()[0]}).",
        fix="Free space on the disk of the store, then run again.",
    )
