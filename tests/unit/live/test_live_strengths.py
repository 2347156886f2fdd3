"""Posted events have the strengths that a fuse of the same events gives them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from plait.errors import PlaitError
from plait.features.vocabulary import Vocabulary
from plait.live import PersonLookup
from plait.live.live_history import live_histories
from plait.privacy.pseudonym import account_pseudonym, load_key
from plait.serving.current_model import CurrentModel
from plait.serving.ingestion import validate_events
from plait.serving.service import EndpointService
from plait.store.feedback.feedback_log import FeedbackLog
from tests.memory_state import MemoryLiveState
from tests.unit.fusion.small import Fused, fuse_in, platform

START = 1_700_000_000
HEADER = "user,item,time,kind,secs,stars\n"
WORDS = {"type": {"column": "kind", "map": {}}}
ALL = {"dwell": True, "rating": True, "repeats": True}
# Two watches and a view of one item, a long watch, and three ratings.
POSTED = [
    ("i1", 9_000, "watch", 2.0, None),
    ("i1", 9_100, "watch", 40.0, None),
    ("i1", 9_200, "view", None, None),
    ("i2", 9_300, "watch", 4000.0, None),
    ("i3", 9_400, "rate", None, 3.5),
    ("i3", 9_500, "like", None, None),
    ("i4", 9_600, "rate", None, 2.0),
    ("i5", 9_700, "rate", None, 3.0),
]


def fused(folder: Path, rows: str, settings: dict[str, bool]) -> Fused:
    folder.mkdir()
    (folder / "log.csv").write_text(HEADER + rows)
    columns = {"dwell": "secs", "rating": "stars"}
    (folder / "clips.csv").write_text("id,secs\ni2,5000\ni5,30\n")
    clips = {"files": "clips.csv", "columns": {"item": "id", "length": "secs"}}
    video = platform("log.csv", columns=columns, **WORDS, catalogue=clips)
    video |= {"strength": settings}
    return fuse_in(folder, {"video": video})


def base_rows() -> str:
    """Returns 200 watches of 20 people with distinct dwells, and 100 ratings."""
    watches = [f"u{n % 20},i{n % 7},{START + n},watch,{1.3 ** (n % 25):.2f},\n" for n in range(200)]
    rated = [f"u{n % 20},i{n % 7},{START + 300 + n},rate,,{1 + n % 5}\n" for n in range(100)]
    return "".join(watches + rated)


def log_row(user: str, event: tuple[Any, ...]) -> str:
    item, at, kind, seconds, stars = ("" if value is None else value for value in event)
    return f"{user},{item},{START + at},{kind},{seconds},{stars}\n"


def message(user: str, event: tuple[Any, ...]) -> dict[str, Any]:
    item, at, kind, seconds, stars = event
    time = pl.Series([(START + at) * 1_000_000]).cast(pl.Datetime("us", "UTC"))
    numbers = {"dwell_s": seconds, "rating": stars}
    return {
        "user": {"platform": "video", "id": user},
        "item_id": f"video:{item}",
        "type": kind,
        "time": time.dt.to_string("iso:strict")[0],
        **{name: value for name, value in numbers.items() if value is not None},
    }


def posted_strengths(base: Fused, user: str) -> list[float]:
    """Posts the events one a call; returns the strengths of the user's history, oldest first."""
    project, memory = base.project, MemoryLiveState(50)
    current = CurrentModel(project, memory)
    with contextlib.suppress(PlaitError):  # there is no model
        current.refresh()
    service = EndpointService(project, load_key(project), memory, FeedbackLog(base.store), current)
    for event in POSTED:
        (reply,) = service.ingest([validate_events([message(user, event)])])
        assert not isinstance(reply, Exception)
        assert reply.accepted == 1
    account = account_pseudonym(pl.Series([user]), load_key(project), "video")[0]
    known = memory.read_people([PersonLookup(account=account, platform="video")])
    vocabulary = Vocabulary.build(("video",), base.items.select("item", "platform"))
    found = live_histories(known, vocabulary, 50, None, {"video": 2.0}, current.strengths)
    return list(found.history.strength.tolist())


ONE = [pytest.param({name: True}, marks=pytest.mark.slow) for name in ALL]


@pytest.mark.parametrize("settings", [ALL, *ONE, {}])
def test_posted_and_fused_strengths_are_equal(tmp_path: Path, settings: dict[str, bool]) -> None:
    base = fused(tmp_path / "base", base_rows(), settings)
    for user in ("new", "u0"):
        log = base_rows() + "".join(log_row(user, event) for event in POSTED)
        whole = fused(tmp_path / user, log, settings)
        assert whole.version.learned.get("strength_parameters") == base.version.learned.get(
            "strength_parameters"
        )
        check_strengths(posted_strengths(base, user), whole, user, settings)


def check_strengths(found: list[float], whole: Fused, user: str, settings: dict[str, bool]) -> None:
    account = account_pseudonym(pl.Series([user]), load_key(whole.project), "video")[0]
    person = whole.accounts.filter(account=account)["person"][0]
    wanted = whole.sequences.filter(person=person).explode("type", "strength", "time")
    wanted = wanted.select("type", "strength")
    assert found == pytest.approx(wanted["strength"].to_list())
    assert len(found) == len(POSTED) + (15 if user == "u0" else 0)
