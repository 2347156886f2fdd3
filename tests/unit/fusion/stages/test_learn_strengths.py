"""An incremental run has the strengths of a full run, also when a learned parameter moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import plait.fusion.stages.find_inputs
from plait.contracts.event_types import EVENT_STRENGTHS
from tests.unit.fusion.small import Fuse, Fused, platform


def _write(folder: Path, name: str, people: range, seconds: float) -> None:
    rows = [f"u{n},i{n % 7},{1700000000 + n},{seconds + n % 5}" for n in people]
    (folder / name).write_text("\n".join(["user,item,time,secs", *rows]) + "\n")


def _fuse(fuse_here: Fuse, **more: Any) -> Fused:
    video = platform("video-*.csv", columns={"dwell": "secs"}, type="watch")
    return fuse_here({"video": video | {"strength": {"dwell": True}}}, **more)


@pytest.mark.parametrize(("seconds", "moves"), [(10.0, False), (5000.0, True)])
def test_an_incremental_run_equals_a_full_run(
    folder: Path, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch, seconds: float, moves: bool
) -> None:
    monkeypatch.setattr(plait.fusion.stages.find_inputs, "count_buckets", lambda size: 8)
    _write(folder, "video-1.csv", range(100), 10.0)
    first = _fuse(fuse_here)
    assert first.events["strength"].n_unique() > 1
    _write(folder, "video-2.csv", range(100, 101 + 200 * moves), seconds)
    second = _fuse(fuse_here)
    assert second.version.run["mode"] == "incremental"
    before, after = (f.version.learned["strength_parameters"] for f in (first, second))
    assert (before != after) == moves
    assert (second.version.run["rewritten"] == 8) == moves
    whole = _fuse(fuse_here, full=True)
    assert whole.version.run["mode"] == "full"
    assert whole.version.learned == second.version.learned
    assert second.events.sort("event_id").equals(whole.events.sort("event_id"))


def test_another_length_of_an_item_changes_the_strengths_of_its_earlier_events(
    folder: Path, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plait.fusion.stages.find_inputs, "count_buckets", lambda size: 8)
    catalogue = {"files": "clips.csv", "columns": {"item": "id", "length": "secs"}}

    def fuse_with(lengths: dict[str, object], **more: Any) -> Fused:
        rows = [f"{name},{seconds}" for name, seconds in lengths.items()]
        (folder / "clips.csv").write_text("\n".join(["id,secs", *rows]) + "\n")
        video = platform("video-*.csv", columns={"dwell": "secs"}, type="watch")
        settings = {"strength": {"dwell": True}, "catalogue": catalogue}
        return fuse_here({"video": video | settings}, **more)

    _write(folder, "video-1.csv", range(100), 10.0)
    first = fuse_with({"i0": 10, "i1": ""})
    whole = first.events.filter(object_id="video:i0", dwell_s=10.0)
    assert set(whole["strength"]) == {min(1.0, EVENT_STRENGTHS["watch"] + 0.3)}
    assert first.items.filter(item="video:i0")["length_s"].to_list() == [10.0]
    _write(folder, "video-2.csv", range(100, 101), 10.0)
    same = fuse_with({"i0": 10, "i1": "", "new": 7})
    assert same.version.run["rewritten"] < 8
    _write(folder, "video-3.csv", range(101, 102), 10.0)
    second = fuse_with({"i0": 20, "i1": ""})
    assert (second.version.run["mode"], second.version.run["rewritten"]) == ("incremental", 8)
    assert second.events.sort("event_id").equals(
        fuse_with({"i0": 20, "i1": ""}, full=True).events.sort("event_id")
    )
