"""An endpoint answers under the key of its base, and follows a rotation with the base."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

from plait.errors import BadKey, NoModel
from plait.live.live_state import PersonLookup
from plait.privacy.pseudonym import PseudonymKey, account_pseudonym
from plait.privacy.pseudonym_key import load_key
from plait.privacy.rotate_key import rotate_key
from plait.serving.current_model import CurrentModel
from tests.memory_state import MemoryLiveState
from tests.unit.fusion.small import Fused, fuse_in, platform


@pytest.fixture
def fused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fused:
    monkeypatch.delenv("PLAIT_PSEUDONYM_KEY", raising=False)
    (tmp_path / "shop.csv").write_text("user,item,time\nann,i1,1700000000\n")
    return fuse_in(tmp_path, {"shop": platform("shop.csv")})


def _refresh(current: CurrentModel) -> None:
    with suppress(NoModel):  # there is none, and none is needed
        current.refresh()


def _person(memory: MemoryLiveState, key: PseudonymKey | None) -> str:
    assert key is not None
    (ann,) = account_pseudonym(pl.Series(["ann"]), key, "shop")
    (found,) = memory.read_people([PersonLookup(account=ann, platform="shop")])
    return found.person


def test_the_key_changes_with_the_base_and_the_person_stays(fused: Fused) -> None:
    memory = MemoryLiveState(50)
    current = CurrentModel(fused.project, memory)
    _refresh(current)
    older = load_key(fused.project)
    person = _person(memory, current.key)
    assert person == fused.people["person"][0]
    rotate_key(fused.project)
    _refresh(current)
    assert current.key == older
    # A replica that starts now has both keys, and uses the one of the base.
    other = CurrentModel(fused.project, memory)
    _refresh(other)
    assert other.key == older
    fuse_in(fused.project.store_path.parent, {"shop": platform("shop.csv")})
    for each in (current, other):
        _refresh(each)
        assert each.key == load_key(fused.project) != older
        assert _person(memory, each.key) == person


def test_a_base_under_an_unknown_key_is_not_loaded(
    fused: Fused, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = MemoryLiveState(50)
    current = CurrentModel(fused.project, memory)
    _refresh(current)
    served, before = current.key, memory.base_status().base
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", load_key(fused.project).secret)
    file = fused.project.store_path / "pseudonym.key"
    with monkeypatch.context() as patch:
        patch.delenv("PLAIT_PSEUDONYM_KEY")
        rotate_key(fused.project)
        fuse_in(fused.project.store_path.parent, {"shop": platform("shop.csv")})
    with pytest.raises((BadKey, NoModel)):
        current.refresh()
    with pytest.raises(BadKey, match="store version 2 has pseudonyms of the key"):
        current._follow_store()
    assert (current.key, memory.base_status().base) == (served, before)
    monkeypatch.setenv("PLAIT_PSEUDONYM_KEY", file.read_text())
    _refresh(current)
    assert current.key == load_key(fused.project)
