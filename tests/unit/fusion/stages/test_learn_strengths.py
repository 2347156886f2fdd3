"""An incremental run has the strengths of a full run, also when a learned parameter moves."""

from __future__ import annotations

import json
import shutil
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


def test_rows_of_bots_and_repeated_rows_are_not_learned_from(
    folder: Path, fuse_here: Fuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plait.fusion.stages.find_inputs, "count_buckets", lambda size: 8)
    _write(folder, "video-1.csv", range(100), 10.0)
    people = _fuse(fuse_here).version.learned
    shutil.copy(folder / "video-1.csv", folder / "video-2.csv")
    assert _fuse(fuse_here).version.learned == people
    for part, rows in enumerate([range(700), range(700, 1300)]):
        crawl = [f"bot,i{n},{1700010000 + 2 * n},5000" for n in rows]
        (folder / f"video-{3 + part}.csv").write_text("\n".join(["user,item,time,secs", *crawl]))
        found = _fuse(fuse_here)
        assert found.version.run["mode"] == "incremental"
        assert (found.version.learned == people) == (part == 1)  # 700 rows are no bot yet
    whole = _fuse(fuse_here, full=True)
    assert whole.version.learned == people
    assert found.events.sort("event_id").equals(whole.events.sort("event_id"))


def test_a_version_of_an_older_plait_is_counted_again(folder: Path, fuse_here: Fuse) -> None:
    _write(folder, "video-1.csv", range(100), 10.0)
    first = _fuse(fuse_here)
    (file,) = folder.rglob("versions/*01.json")
    record = json.loads(file.read_text())
    record["learned"]["strength_bins"] = record["learned"].pop("kept_strength_bins")
    file.write_text(json.dumps(record))
    _write(folder, "video-2.csv", range(100, 101), 10.0)
    second = _fuse(fuse_here)
    assert second.version.run["mode"] == "incremental"
    assert second.version.learned == _fuse(fuse_here, full=True).version.learned
    assert set(second.version.learned) == set(first.version.learned)


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
    assert set(whole["strength"]) == {min(1.0, EVENT_STRENGTHS["watch"] * 1.5)}
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
