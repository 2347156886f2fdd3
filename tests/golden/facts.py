"""What plait makes of fixed logs, a fixed store and a fixed model, as values to compare.

`python -m tests.golden.facts` compares bit for bit; with `--write` it writes anew what it found.
The stores are those that plait wrote at contract 2 and at contract 3, with a model in each.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import polars as pl
import torch
from safetensors.torch import load_file

import plait
from plait.contracts.store_tables import TABLES
from plait.features.item_vectors import read_items_with_vectors
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.privacy.pseudonym_key import KEY_SETTING
from plait.recommend.offline_lists import recommend_everyone
from plait.serving.replica import open_replica
from plait.store import Registry, Store, StoreVersion
from tests.local_handler import LocalHandler, talk

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 1, tzinfo=UTC)
KEY = "0123456789abcdef" * 4
ACCOUNTS = {"shop": "customer_id", "video": "uid", "social": "handle", "news": "device"}


@contextmanager
def unpacked(name: str) -> Iterator[Path]:
    """Yields the project file of `name`: logs, contract-2 or contract-3."""
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, PLAIT_PSEUDONYM_KEY=KEY):
        with tarfile.open(HERE / f"{name}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
        _forget_keys(Path(folder))
        yield Path(folder) / "plait.yaml"


def _forget_keys(folder: Path) -> None:
    """Removes the ids of the keys of old stores, which are lost: here everyone is a stranger."""
    for path in folder.glob(".plait/versions/0*.json"):
        record = json.loads(path.read_text())
        record.get("settings", {}).pop(KEY_SETTING, None)
        path.write_text(json.dumps(record))


def tables_of(store: Store) -> dict[str, pl.DataFrame]:
    """Returns every table of the newest version, its rows in an order of their own."""
    found = {name: store.read(name) for name in TABLES}
    found["items"] = read_items_with_vectors(store, store.current())  # they moved out of it
    return {
        name: table.sort([c for c, kind in table.schema.items() if not kind.is_nested()])
        for name, table in found.items()
    }


def digest(table: pl.DataFrame) -> dict[str, str]:
    """Returns a fingerprint of each column."""
    return {
        name: hashlib.sha256(table.select(name).write_ndjson().encode()).hexdigest()[:16]
        for name in table.columns
    }


def counts_of(version: StoreVersion) -> dict[str, Any]:
    """Returns the counts of a version without what was noted about values, which came later."""
    platforms = {
        name: {key: n for key, n in entry.items() if key != "noted"}
        for name, entry in version.counts["platforms"].items()
    }
    return version.counts | {"platforms": platforms}


def fused() -> dict[str, Any]:
    """Returns what a fuse of the logs, and a second one over what clients sent, make."""
    with unpacked("logs") as file:
        version = plait.fuse(file, now=NOW)
        store = Store(file.parent / ".plait")
        return {
            "counts": counts_of(version),
            "tables": {name: digest(table) for name, table in tables_of(store).items()},
        }


def read_and_fused(name: str) -> dict[str, Any]:
    """Returns what is read of an older store, and what it becomes with its feedback log."""
    with unpacked(name) as file, tarfile.open(HERE / "logs.tar.gz") as logs:
        logs.extractall(file.parent, filter="data", members=[
            member for member in logs.getmembers() if member.name.startswith("data")
        ])  # fmt: skip
        store = Store(file.parent / ".plait")
        before = {name: digest(table) for name, table in tables_of(store).items()}
        version = plait.fuse(file, now=NOW)
        after = {name: digest(table) for name, table in tables_of(store).items()}
        return {"read": before, "counts": counts_of(version), "fused": after}


def lists(name: str) -> pl.DataFrame:
    """Returns everyone's lists by the model of a store."""
    torch.set_num_threads(1)
    with unpacked(name) as file, tempfile.TemporaryDirectory() as folder:
        recommend_everyone(file, folder, now=NOW)
        return pl.read_parquet(f"{folder}/*.parquet").sort("person", "platform", "position")


def trained() -> dict[str, Any]:
    """Returns the weights and the metrics of a model trained on the store of contract 3."""
    torch.set_num_threads(1)
    with unpacked("contract-3") as file:
        result = plait.train(file, epochs=2, seed=5)
        folder = Registry(Store(file.parent / ".plait")).fetch(result.model)[1]
        tensors = load_file(folder / "weights.safetensors")
        kept = ("validation", "epochs", "loss_curve", "people", "events", "items")
        return {
            "item_item": result.item_item,
            "metrics": {name: result.metrics[name] for name in kept},
            "weights": {
                key: hashlib.sha256(value.numpy().tobytes()).hexdigest()[:16]
                for key, value in sorted(tensors.items())
            },
        }


def answers() -> list[dict[str, Any]]:
    """Returns what the endpoint answers over the store of contract 3, call by call."""
    torch.set_num_threads(1)
    stopped = patch.object(time, "time_ns", lambda: int(NOW.timestamp() * 1e9))
    with unpacked("contract-3") as file, EmbeddedValkey(file.parent / "live") as valkey, stopped:
        setup = open_replica(file, valkey.address)
        setup.current.refresh()
        handler = LocalHandler(setup)
        return [_said(handler, call) for call in _calls(plait.load(file))]


def _calls(model: Any) -> Iterator[tuple[str, str, Any]]:
    people = ("1042", "u_000001", "somebody")
    store = model._store
    known = store.read("people").filter(pl.col("merged_into").is_null()).sort("person")["person"]
    every = store.read("items").sort("item")["item"].to_list()
    items, mine = every[::37], [item for item in every if item.startswith("shop:")][::30]
    for n, person in enumerate(known.to_list()[::9]):
        user = {"person_id": person}
        yield "POST", "/v1/recommend", {"user": user, "k": 7, "explain": True}
        yield "POST", "/v1/rank", {"user": user, "items": items, "explain": n % 2 == 0}
    for raw in people:
        me = {"platform": "shop", "id": raw}
        at = "2026-10-01T00:00:0"
        some = {"type": "purchase", "item_id": mine[0], "time": at + "1Z"}
        more = {"type": "view", "item_id": mine[1], "time": at + "2Z"}
        disliked = {"type": "dislike", "item_id": mine[2], "time": at + "3Z"}
        yield "POST", "/v1/recommend", {"user": me, "platforms": ["shop", "news"], "events": [some]}
        yield "POST", "/v1/events", {"events": [{**e, "user": me} for e in (some, more, disliked)]}
        yield "POST", "/v1/events", {"events": [{**some, "user": me}, {"type": "view"}]}
        yield "POST", "/v1/recommend", {"user": me, "k": 12, "explain": True}
        yield "POST", "/v1/recommend", {"user": me, "seen": "allow", "exclude": mine[:2]}
        yield "GET", f"/v1/recommend/shop/{raw}?k=3", None
        video = {"platform": "video", "id": raw}
        yield "POST", "/v1/identities:link", {"accounts": [me, video]}
        yield "POST", "/v1/recommend", {"user": video, "k": 5, "explain": True}
        yield "POST", "/v1/identities:unlink", {"accounts": [me, video]}
        yield "POST", "/v1/recommend", {"user": video, "k": 5}
    yield "POST", "/v1/recommend", {"user": {"platform": "shp", "id": "1"}}
    yield "POST", "/v1/recommend", {"user": {"platform": "shop"}, "kk": 3}
    yield "POST", "/v1/rank", {"user": {"platform": "shop", "id": "1"}, "items": []}


def _said(handler: LocalHandler, call: tuple[str, str, Any]) -> dict[str, Any]:
    method, path, body = call

    async def work(client: httpx.AsyncClient) -> httpx.Response:
        return await client.request(method, path, json=body)

    reply = talk(handler, work)
    answer = reply.json()
    for part in (answer, answer.get("events") or {}):
        for changing in ("recommendation_id", "took_ms", "request_id"):
            part.pop(changing, None)
    return {"call": [method, path, body], "status": reply.status_code, "answer": answer}


PARTS: dict[str, Callable[[], Any]] = {
    "fused": fused,
    "contract-2": lambda: read_and_fused("contract-2"),
    "contract-3": lambda: read_and_fused("contract-3"),
    "trained": trained,
    "answers": answers,
}
LISTS = ("contract-2", "contract-3")


def known(found: Any, written: Any) -> Any:
    """Returns `found` without tables and columns that came after `written` was."""
    if not (isinstance(found, dict) and isinstance(written, dict)):
        return found
    parts = {name: part for name, part in found.items() if name in ("tables", "read", "fused")}
    return found | {
        name: {
            table: {c: mark for c, mark in columns.items() if c in written[name][table]}
            for table, columns in part.items()
            if table in written[name]
        }
        for name, part in parts.items()
    }


def main() -> int:
    """Compares all parts with what is written, or writes them."""
    write, faults = "--write" in sys.argv, 0
    for name, make in PARTS.items():
        file, found = HERE / f"{name}.json", json.loads(json.dumps(make()))
        if write:
            file.write_text(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
        written = json.loads(file.read_text())
        same = known(found, written) == written
        faults += not same
        print(f"{name}: {'same' if same else 'DIFFERENT'}")  # noqa: T201
    for name in LISTS:
        file, table = HERE / f"{name}-lists.parquet", lists(name)
        if write:
            body = io.BytesIO()
            table.write_parquet(body, compression="zstd", compression_level=19)
            file.write_bytes(body.getvalue())
        same = pl.read_parquet(file).equals(table)
        faults += not same
        print(f"{name} lists: {'same' if same else 'DIFFERENT'}")  # noqa: T201
    return faults


if __name__ == "__main__":
    sys.exit(main())
