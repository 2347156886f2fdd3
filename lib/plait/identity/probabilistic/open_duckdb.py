"""Opens DuckDB for Splink: in memory, without extensions from elsewhere, silent."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

_MEMORY_SHARE = 0.4  # of the memory that is free


@contextmanager
def open_duckdb(scratch: Path | None = None, threads: int | None = None) -> Iterator[Any]:
    """Yields Splink's DuckDB backend; its tables and spilled rows are gone afterwards.

    Args:
        scratch: the folder under which rows are spilled that do not fit memory; default: the
            system's folder for temporary files.
        threads: the number of threads; default: as many as there are cores.
    """
    import duckdb  # slow to import, as Splink is
    from splink import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="plait-link-", dir=scratch) as folder:
        config: dict[str, Any] = {
            "memory_limit": f"{_memory_mib()}MiB",
            "temp_directory": folder,
            "home_directory": folder,
            "extension_directory": folder,
            "secret_directory": folder,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "preserve_insertion_order": False,
        }
        if threads is not None:
            config["threads"] = threads
        with duckdb.connect(":memory:", config=config) as connection:
            yield DuckDBAPI(connection)


def _memory_mib() -> int:
    return max(256, int(psutil.virtual_memory().available * _MEMORY_SHARE) // 2**20)
