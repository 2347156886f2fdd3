"""What a Valkey's settings promise, over real ones: refused, accepted, changed while it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import redis

from plait.config import Project, load_config
from plait.contracts.http_messages import EventsResponse
from plait.doctor.check_live_state import check_live_state
from plait.doctor.finding import FindingLevel
from plait.errors import ConfigError, LossyLiveState
from plait.live import LiveState, PersonLookup
from plait.live.live_history import live_sequences
from plait.live.valkey import valkey_state
from plait.live.valkey.durability import DURABILITY_VARIABLE, required_durability
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.serving.ingestion import validate_events
from plait.serving.launch_endpoint import run_endpoint
from plait.serving.replica import ReplicaParts, check_durability, connect, open_replica

pytestmark = pytest.mark.slow
WEAK = [
    ("appendonly", "no"),
    ("appendfsync", "everysec"),
    ("appendfsync", "no"),
    ("maxmemory-policy", "allkeys-lru"),
    ("maxmemory-policy", "volatile-ttl"),
]


@pytest.fixture
def project(own_file: Path) -> Project:
    return load_config(own_file)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey_state, "SETTINGS_TTL_S", 0.0)


@pytest.fixture
def owner(valkey: EmbeddedValkey) -> Iterator[redis.Redis]:
    """Who may change the settings."""
    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        yield client


def take(setup: ReplicaParts, name: str) -> EventsResponse:
    event = {"event_id": name, "type": "view", "item_id": f"shop:{name}",
             "user": {"platform": "shop", "id": "durable"}}  # fmt: skip
    (taken,) = setup.service.ingest([validate_events([event])])
    assert isinstance(taken, EventsResponse), taken
    return taken


def written_aside(project: Project) -> int:
    folder = project.store_path / "feedback" / "events"
    files = list(folder.rglob("direct_*"))
    return sum(pl.read_parquet(file).height for file in files)


def test_the_embedded_one_promises_all_of_it(project: Project, valkey: EmbeddedValkey) -> None:
    check_durability(project, valkey.address)


@pytest.mark.parametrize(("name", "value"), WEAK)
def test_a_valkey_that_may_lose_events_is_refused_with_a_fix_that_works(
    project: Project,
    own_file: Path,
    valkey: EmbeddedValkey,
    owner: redis.Redis,
    name: str,
    value: str,
) -> None:
    owner.config_set(name, value)
    with pytest.raises(LossyLiveState, match=f"{name} is {value}") as refused:
        check_durability(project, valkey.address)
    assert "best_effort" in refused.value.fix
    with (
        pytest.raises(LossyLiveState),
        run_endpoint(own_file, live_state=valkey.address, port=29_999),
    ):
        pass  # before anything of Ray is started
    (command,) = re.findall(r"CONFIG SET (\S+) ([^\s`]+)", refused.value.fix)
    owner.config_set(*command)
    check_durability(project, valkey.address)


@pytest.mark.parametrize("forbidden", [["-config"], ["-config", "-info"]])
def test_what_it_does_not_tell_is_no_promise(
    project: Project, valkey: EmbeddedValkey, owner: redis.Redis, forbidden: list[str]
) -> None:
    owner.acl_setuser(
        "guest", enabled=True, passwords=["+secret"], keys=["*"], commands=["+@all", *forbidden]
    )
    address = f"unix://guest:secret@{valkey.socket}"
    with pytest.raises(LossyLiveState, match="does not tell appendfsync") as refused:
        check_durability(project, address)
    said = str(refused.value)
    assert ("does not tell appendonly" in said) == ("-info" in forbidden)
    assert "secret" not in said
    assert "Ask whoever runs it" in said
    # What INFO tells is believed.
    owner.config_set("appendonly", "no")
    if "-info" not in forbidden:
        with pytest.raises(LossyLiveState, match="appendonly is no"):
            check_durability(project, address)


def test_best_effort_takes_it_and_every_answer_says_so(
    project: Project,
    own_file: Path,
    valkey: EmbeddedValkey,
    owner: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(DURABILITY_VARIABLE, "best_effort")
    owner.config_set("appendfsync", "everysec")
    check_durability(project, valkey.address)
    setup = open_replica(own_file, valkey.address)
    before = written_aside(project)
    assert not take(setup, "lossy").durable
    owner.config_set("appendfsync", "always")
    assert take(setup, "kept").durable
    assert written_aside(project) == before


def test_a_setting_that_changes_while_it_runs_breaks_no_promise(
    project: Project, own_file: Path, valkey: EmbeddedValkey, owner: redis.Redis
) -> None:
    setup = open_replica(own_file, valkey.address)
    setup.current.refresh()
    before = written_aside(project)
    assert take(setup, "sure").durable
    assert written_aside(project) == before
    owner.config_set("appendonly", "no")
    taken = take(setup, "changed")
    assert (taken.accepted, taken.durable) == (1, True)  # the feedback log has it
    assert written_aside(project) == before + 1
    setup.current.refresh()
    assert "appendonly is no" in setup.current.durability_fault
    assert setup.current.durability_refusal == ""  # it was as asked for: answers go on
    # Live state has it as well: the next answer knows it, a repeat is one.
    live = connect(project, valkey.address)
    assert items_of(setup, live)[-2:] == ["shop:sure", "shop:changed"]
    assert take(setup, "changed").duplicates == 1


def test_a_replica_that_meets_a_lossy_one_is_not_ready_until_that_is_mended(
    own_file: Path, valkey: EmbeddedValkey, owner: redis.Redis
) -> None:
    owner.config_set("maxmemory-policy", "allkeys-lfu")
    setup = open_replica(own_file, valkey.address)
    setup.current.refresh()
    assert "maxmemory-policy is allkeys-lfu" in setup.current.durability_refusal
    owner.config_set("maxmemory-policy", "noeviction")
    setup.current.refresh()
    assert setup.current.durability_refusal == setup.current.durability_fault == ""


def items_of(setup: ReplicaParts, live: LiveState) -> list[str]:
    from plait.contracts.http_messages import User

    (who,) = setup.service._lookups([User(platform="shop", id="durable")])
    assert isinstance(who, PersonLookup)
    found: list[str] = live_sequences(live.read_people([who]), 50)["item"][0].to_list()
    return found


def test_doctor_looks_at_it(
    own_file: Path,
    valkey: EmbeddedValkey,
    owner: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PLAIT_LIVE_STATE", raising=False)
    (check,) = check_live_state(own_file)
    assert (check.level, "embedded" in check.found) == (FindingLevel.ok, True)
    monkeypatch.setenv("PLAIT_LIVE_STATE", valkey.address)
    (check,) = check_live_state(own_file)
    assert check.level is FindingLevel.ok, check
    owner.config_set("appendfsync", "everysec")
    (check,) = check_live_state(own_file)
    assert check.level is FindingLevel.fail
    assert "CONFIG SET appendfsync always" in check.fix
    monkeypatch.setenv(DURABILITY_VARIABLE, "best_effort")
    (check,) = check_live_state(own_file)
    assert check.level is FindingLevel.warn
    valkey.stop()
    (check,) = check_live_state(own_file)
    assert check.level is FindingLevel.fail
    assert "does not answer" in check.found


def test_an_unknown_durability_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DURABILITY_VARIABLE, "always")
    with pytest.raises(ConfigError, match="fsync, best_effort"):
        required_durability(project)
