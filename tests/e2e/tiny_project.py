"""A tiny fused project, and `plait train` on it in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from plait.contracts.store_tables import ITEMS, SEQUENCES
from plait.store import Store
from tests.unit.training.tiny import PLATFORMS, tiny_items, tiny_sequences

SETTINGS = {"epochs": 6, "dimensions": 16, "learning_rate": 0.01, "batch_size": 32}


def write_project(folder: Path, people: int, items: int = 40, **settings: Any) -> Path:
    """Writes a project file and a fused store of `people`; returns the file."""
    raw = {
        "store": "store",
        "platforms": {
            name: {
                "events": {
                    "files": f"{name}.csv",
                    "columns": {"account": "user", "item": "item", "time": "time"},
                    "type": "purchase",
                }
            }
            for name in PLATFORMS
        },
        "train": SETTINGS | settings,
    }
    file = folder / "plait.yaml"
    file.write_text(yaml.safe_dump(raw))
    store, sequences, tables = Store(folder / "store"), tiny_sequences(people, items=items), {}
    for table, rows in ((SEQUENCES, sequences), (ITEMS, tiny_items(sequences))):
        writer = store.writer(table)
        writer.write(rows)
        tables[table.name] = writer.commit()
    store.publish(tables, {}, [])
    return file


def train_command(file: Path, *options: str) -> list[str]:
    """Returns the command line of a training run that prints JSON."""
    return [sys.executable, "-m", "plait.cli.main", "train", "-c", str(file), "--json", *options]


def environment() -> dict[str, str]:
    """Returns the environment in which a child finds what this process finds."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def train_apart(file: Path, *options: str) -> dict[str, Any]:
    """Returns the result of a run in a process of its own: Ray outlives a pytest session badly."""
    done = subprocess.run(
        train_command(file, *options), capture_output=True, text=True, timeout=400,
        env=environment(), check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result
