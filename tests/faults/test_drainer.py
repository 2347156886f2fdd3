"""The drainer dies between any two of its steps."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from plait.config import Project, load_config
from plait.contracts.http_messages import Event
from plait.fusion.fuse_logs import fuse
from plait.live.drain import Drainer
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.privacy.pseudonym_key import load_key
from plait.serving.ingestion import EventBatch, clean_batches
from plait.serving.replica import connect
from plait.store import Store
from plait.store.feedback.feedback_log import FeedbackLog
from tests.events import event_ids

from .book import Book

SCRIPT = Path(__file__).with_name("drain_at.py")


def _events(project: Project, names: list[str]) -> pl.DataFrame:
    """Returns FEEDBACK rows of views by one account."""
    sent = [
        Event.model_validate(
            {"event_id": name, "type": "view", "item_id": "shop:i1",
             "user": {"platform": "shop", "id": "u1"}, "time": datetime.now(UTC).isoformat()}
        ).model_dump(exclude_none=True)
        for name in names
    ]  # fmt: skip
    return clean_batches([EventBatch(valid=list(enumerate(sent)))], project, load_key(project))


@pytest.mark.parametrize("what", ["put", "acknowledge"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_no_event_is_lost_or_written_twice(
    project: Path, book: Book, tmp_path: Path, when: str, what: str
) -> None:
    fuse(project)
    settings = load_config(project)
    store = Store(settings.store_uri)
    with EmbeddedValkey(tmp_path / "live") as valkey:
        state = connect(settings, valkey.address)
        names = [f"d{n}" for n in range(20)]
        state.append_events(_events(settings, names).drop("call", "index"))
        command = [sys.executable, SCRIPT, project, valkey.address, when, what]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
        book.injected("drainer", f"SIGKILL {when} it {what}s".replace("puts", "writes"))
        Drainer(state, FeedbackLog(store), "next").drain(takeover=True)
    version = fuse(project)
    # Near duplicates are kept in a table of their own.
    kept = [store.read(name, version)["event_id"] for name in ("events", "removed_events")]
    found = pl.concat(kept)
    assert found.is_in(event_ids(settings, (("u1", name) for name in names), "shop")).sum() == len(
        names
    )
    assert found.is_unique().all()
    book.accepted += len(names)
    book.once += len(names)
