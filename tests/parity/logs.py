"""The same logs, written down in other files."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import yaml

from plait.config import Project
from plait.config.parse_project import parse_config
from plait.contracts.store_tables import TABLES
from plait.sources.files.find_files import find_files
from plait.sources.files.source_file import SourceFile
from plait.store import Store, StoreVersion


def rewritten(config: Path, folder: Path, files: int, backwards: bool) -> Project:
    """Returns the project with each platform's event log in `files` files under `folder`.

    The store lies in `folder` too. Backwards, the last rows lie in the file that is read first.
    """
    raw: dict[str, Any] = yaml.safe_load(config.read_text())
    found = parse_config(raw, folder=config.parent)
    folder.mkdir(parents=True)
    for name, platform in found.platforms.items():
        logs = list(find_files(found, platform.events[0].files, platform.events[0].format, name))
        suffix = _split(logs, folder, name, files, backwards)
        raw["platforms"][name]["events"]["files"] = str(folder / f"{name}-*{suffix}")
    return parse_config(raw | {"store": str(folder / "store")}, folder=config.parent)


def tables(store: Store, version: StoreVersion, *, places: bool) -> dict[str, pl.DataFrame]:
    """Returns every table of `version` in an order of its own.

    Args:
        store: the store.
        version: which version.
        places: whether to keep where a row in quarantine stood.
    """
    found = {name: store.read(name, version) for name in TABLES}
    found["accounts"] = found["accounts"].drop("bucket")  # an engine may spread people wider
    if not places:
        found["quarantine"] = found["quarantine"].drop("file", "row")
    return {
        name: table.sort([c for c, kind in table.schema.items() if not kind.is_nested()])
        for name, table in found.items()
    }


def _split(logs: list[SourceFile], folder: Path, name: str, files: int, backwards: bool) -> str:
    """Writes the rows of `logs` in `files` files; returns what their names end in."""

    def place(n: int) -> Path:
        return folder / f"{name}-{files - n if backwards else n}"

    if logs[0].format == "parquet":
        whole = pl.concat(pl.read_parquet(log.path) for log in logs)
        size = -(-whole.height // files)
        for n in range(files):
            whole.slice(n * size, size).write_parquet(place(n).with_suffix(".parquet"))
        return ".parquet"
    texts = [_text(log) for log in logs]
    header = [texts[0][0]] if logs[0].format == "csv" else []
    lines = [line for text in texts for line in text[len(header) :]]
    size = -(-len(lines) // files)
    for n in range(files):
        part = "".join([*header, *lines[n * size : (n + 1) * size]])
        place(n).with_suffix(f".{logs[0].format}").write_text(part)
    return f".{logs[0].format}"


def _text(log: SourceFile) -> list[str]:
    content = log.path.read_bytes()
    if log.packed == ".gz":
        content = gzip.decompress(content)
    elif log.packed == ".zst":
        content = pa.CompressedInputStream(io.BytesIO(content), "zstd").read()
    return content.decode().splitlines(keepends=True)
