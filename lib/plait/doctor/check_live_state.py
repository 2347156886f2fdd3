"""Checks the Valkey of live state: whether it responds and is durable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from plait.doctor.finding import Finding, fail, ok, warn
from plait.errors import PlaitError

_NAME = "live state"


def check_live_state(config: Path) -> Iterator[Finding]:
    """Yields the condition of live state, if the project file can be read."""
    from plait.config import load_config

    try:
        project = load_config(config)
    except PlaitError:
        return  # reported by the check of the project
    from plait.live.valkey.durability import DurabilityLevel, redact_address, required_durability
    from plait.serving.replica import connect

    address = os.environ.get("PLAIT_LIVE_STATE") or project.serve.live_state
    if address is None:
        yield ok(_NAME, "an embedded Valkey, which `plait serve` starts: every event is fsynced")
        return
    try:
        asked = required_durability(project)
        state = connect(project, address)
        found = state.durability()
        base = state.base_status()
    except PlaitError as error:
        yield fail(
            _NAME,
            f"{redact_address(address)}: {error.seen}",
            f"{error.allowed} {error.fix}".strip(),
        )
        return
    wrong = found.error(address)
    if found.faults and asked is DurabilityLevel.fsync:
        yield fail(_NAME, wrong.seen, f"{wrong.allowed} {wrong.fix}")
    elif found.faults:
        yield warn(
            _NAME, f"{wrong.seen} That is accepted: {DurabilityLevel.best_effort}.", wrong.fix
        )
    else:
        holds = f"base {base.base}" if base.whole else "no base yet: the endpoint loads it"
        yield ok(_NAME, f"{redact_address(address)} fsyncs every event and evicts nothing; {holds}")
