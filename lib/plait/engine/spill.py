"""Rows set aside on local disk, one folder a bucket."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import polars as pl

from plait.engine.base import BUCKET
from plait.errors import StoreError


class LocalSpill:
    """Parquet files by bucket in a folder of its own, gone on `close`."""

    def __init__(self, folder: Path, buckets: int) -> None:
        sweep(folder)
        self.folder = folder / f"spill-{os.getpid()}-{uuid.uuid4().hex}"
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
        except (OSError, pl.exceptions.ComputeError) as error:  # Polars says a full disk so
            raise StoreError(
                f"cannot set rows aside in '{self.folder}' ({str(error).splitlines()[0]}).",
                fix="Free space beside the store, then run again.",
            ) from None

    def read(self, bucket: int, columns: Sequence[str] | None = None) -> pl.DataFrame | None:
        """Returns all rows of `bucket`, or null if it is empty."""
        files = sorted((self.folder / str(bucket)).glob("*.parquet"))
        if not files:
            return None
        return pl.read_parquet(
            files, columns=list(columns) if columns else None, glob=False, hive_partitioning=False
        )

    def move(self, moving: pl.DataFrame) -> None:
        """Copies rows to other buckets; see Spill.move."""
        for (bucket,), group in moving.partition_by(BUCKET, as_dict=True).items():
            rows = self.read(int(bucket))
            if rows is None:
                continue
            going = rows.join(group.select("account", pl.col("target").alias(BUCKET)), on="account")
            if going.height:
                self.write(going)

    def close(self) -> None:
        """Removes everything set aside."""
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Removes what runs that were killed left in `folder`."""
    for left in folder.glob("spill-*-*"):
        pid = left.name.split("-")[1]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
