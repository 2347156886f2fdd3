"""Runs a plait command in this process and kills it at a chosen moment.

    python kill_at.py POINTS WHEN NUMBER command...

POINTS is a file; the name of every point that is reached is added to it. At point NUMBER (0:
never) the process gets SIGKILL, `before` or `after` what happens there. Points are every write to
the store, every removal, every commit of a table, and every set of rows put aside.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import obstore
from deltalake import DeltaTable

import plait.store.delta_tables
from plait.engine.local.local_spill import LocalSpill


def main() -> None:
    points, when, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    reached, lock = count(1), Lock()

    def guard(name: Callable[..., str], work: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(work)
        def guarded(*args: Any, **more: Any) -> Any:
            with lock, points.open("a") as file:
                mine = next(reached)
                file.write(name(*args) + "\n")
            if mine == number and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = work(*args, **more)
            if mine == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return guarded

    obstore.put = guard(_object, obstore.put)
    obstore.delete = guard(lambda _, path: f"removal from {path.split('/')[0]}", obstore.delete)
    plait.store.delta_tables.create_table_with_add_actions = guard(
        lambda uri, *_: f"commit of {_table(str(uri))}",
        plait.store.delta_tables.create_table_with_add_actions,
    )
    DeltaTable.create_write_transaction = guard(
        lambda table, *_: f"commit of {_table(table.table_uri)}",
        DeltaTable.create_write_transaction,
    )
    LocalSpill.write = guard(lambda *_: "rows spilled", LocalSpill.write)
    from plait.cli.main import main as run

    sys.argv = ["plait", *sys.argv[4:]]
    run()


def _object(_store: object, path: str, *_: object) -> str:
    if path.startswith("tables/"):
        return f"part of {path.split('/')[1]}"
    if path == "versions/newest.json":
        return "pointer"
    if path.startswith("feedback/"):
        return f"{'index' if '/index/' in path else 'part'} of the feedback log"
    if path.startswith("identity/"):
        return "entry of the identity log"
    return "publication" if path.startswith("versions/") else path.split("/")[0]


def _table(uri: str) -> str:
    return uri.rstrip("/").rsplit("/", 1)[-1]


if __name__ == "__main__":
    main()
