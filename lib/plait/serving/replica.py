"""Puts the parts of a replica together."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plait.config import Project, load_config
from plait.errors import ConfigError, LiveStateDown
from plait.live.drain import Drainer
from plait.live.valkey.durability import DurabilityLevel, required_durability
from plait.live.valkey.embedded_valkey import EmbeddedValkey
from plait.live.valkey.valkey_state import ValkeyLiveState
from plait.privacy.pseudonym_key import load_key
from plait.store import Store
from plait.store.feedback.feedback_log import FeedbackLog

if TYPE_CHECKING:  # torch comes with them: `plait serve` starts without it, a replica needs it
    from plait.serving.current_model import CurrentModel
    from plait.serving.impressions import ImpressionWriter
    from plait.serving.service import EndpointService

TIMEOUT_VARIABLE = "PLAIT_LIVE_STATE_TIMEOUT_MS"


@dataclass
class ReplicaParts:
    """What a replica works with."""

    project: Project
    address: str
    current: CurrentModel
    service: EndpointService
    feedback: FeedbackLog
    valkey: EmbeddedValkey | None
    impressions: ImpressionWriter | None = None

    def drainer(self, token: str) -> Drainer:
        """Returns a drainer with a connection of its own."""
        return Drainer(connect(self.project, self.address), self.feedback, token)


def open_replica(config: Path, live_state: str | None = None, threads: int = 1) -> ReplicaParts:
    """Returns a replica's parts; starts an embedded Valkey if no address is known.

    PLAIT_MODEL names another model than the project's, PLAIT_MODEL_VERSION the version that
    answers instead of `current`.
    """
    from plait.serving.current_model import CurrentModel, limit_threads
    from plait.serving.impressions import ImpressionWriter
    from plait.serving.service import EndpointService

    project = load_config(config)
    if name := os.environ.get("PLAIT_MODEL"):
        project = project.model_copy(update={"model": name})
    feedback = FeedbackLog(Store(project.store_uri))  # before Valkey: it may be out of reach
    address = live_state or os.environ.get("PLAIT_LIVE_STATE") or project.serve.live_state
    valkey = None
    if address is None:
        valkey = EmbeddedValkey(live_state_folder(project)).start()
        address = valkey.address
    limit_threads(threads)
    pinned = os.environ.get("PLAIT_MODEL_VERSION") or None
    asked = required_durability(project)
    current = CurrentModel(project, connect(project, address), pinned, asked)
    state = connect(project, address)
    shown = ImpressionWriter(feedback) if project.serve.impressions else None
    service = EndpointService(project, load_key(project), state, feedback, current, asked, shown)
    return ReplicaParts(project, address, current, service, feedback, valkey, shown)


def connect(project: Project, address: str) -> ValkeyLiveState:
    """Returns live state at `address`, in a namespace that only this store uses."""
    namespace = hashlib.sha256(project.store_uri.encode()).hexdigest()[:12]
    return ValkeyLiveState(address, namespace, project.sequence_length, _timeout_s(project))


def _timeout_s(project: Project) -> float:
    text = os.environ.get(TIMEOUT_VARIABLE) or str(project.serve.live_state_timeout_ms)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ConfigError(
            f"{TIMEOUT_VARIABLE} is '{text}'.",
            allowed="It is a whole number of milliseconds, at least 1.",
            fix=f"Set it to one, such as {project.serve.live_state_timeout_ms}, or unset it.",
        )
    return int(text) / 1e3


def check_durability(project: Project, address: str) -> None:
    """Looks at Valkey's settings; one that is down is looked at once it is up.

    Raises:
        ConfigError: `address` is none.
        LossyLiveState: it may lose events that were accepted, and nobody accepted that.
    """
    state = connect(project, address)
    if required_durability(project) is DurabilityLevel.best_effort:
        return
    try:
        fault = state.durability_fault()
    except LiveStateDown:
        return
    if fault is not None:
        raise fault


def live_state_folder(project: Project) -> Path:
    """Returns where an embedded Valkey keeps its file."""
    return project.state_path / "live"
