"""Builds the parts of a replica."""

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
from plait.privacy.consent import strict_platforms
from plait.privacy.pseudonym_key import load_key
from plait.store import Store
from plait.store.feedback.feedback_log import FeedbackLog

if TYPE_CHECKING:  # these import torch, which `plait serve` does not need and a replica does
    from plait.serving.current_model import CurrentModel
    from plait.serving.impressions import ImpressionWriter
    from plait.serving.privacy_service import PrivacyService
    from plait.serving.service import EndpointService

TIMEOUT_VARIABLE = "PLAIT_LIVE_STATE_TIMEOUT_MS"


@dataclass
class ReplicaParts:
    """The objects that a replica uses."""

    project: Project
    address: str
    current: CurrentModel
    service: EndpointService
    feedback: FeedbackLog
    valkey: EmbeddedValkey | None
    impressions: ImpressionWriter | None = None
    privacy: PrivacyService | None = None

    def drainer(self, token: str) -> Drainer:
        """Returns a drainer with a connection of its own."""
        return Drainer(connect(self.project, self.address), self.feedback, token)


def open_replica(config: Path, live_state: str | None = None, threads: int = 1) -> ReplicaParts:
    """Returns a replica's parts; starts an embedded Valkey if no address is known.

    PLAIT_MODEL overrides the project's model. PLAIT_MODEL_VERSION names the version to serve
    instead of the alias `current`.
    """
    from plait.serving.current_model import CurrentModel, limit_threads
    from plait.serving.impressions import ImpressionWriter
    from plait.serving.privacy_service import PrivacyService
    from plait.serving.service import EndpointService

    project = load_config(config)
    if name := os.environ.get("PLAIT_MODEL"):
        project = project.model_copy(update={"model": name})
    store = Store(project.store_uri)
    feedback = FeedbackLog(store)  # before Valkey: the store may be unreachable
    address = live_state or os.environ.get("PLAIT_LIVE_STATE") or project.serve.live_state
    valkey = None
    if address is None:
        valkey = EmbeddedValkey(live_state_folder(project)).start()
        address = valkey.address
    limit_threads(threads)
    pinned = os.environ.get("PLAIT_MODEL_VERSION") or None
    durability = required_durability(project)
    current = CurrentModel(project, connect(project, address), pinned, durability)
    state = connect(project, address)
    shown = ImpressionWriter(feedback) if project.serve.impressions else None
    key = load_key(project, create=not store.numbers())
    service = EndpointService(project, key, state, feedback, current, durability, shown)
    privacy = PrivacyService(project, key, state, store, shown)
    return ReplicaParts(project, address, current, service, feedback, valkey, shown, privacy)


def connect(project: Project, address: str) -> ValkeyLiveState:
    """Returns live state at `address`, in a namespace that only this store uses."""
    namespace = hashlib.sha256(project.store_uri.encode()).hexdigest()[:12]
    length, timeout_s = project.sequence_length, _timeout_s(project)
    strict, most = strict_platforms(project), project.people.max_accounts
    return ValkeyLiveState(address, namespace, length, timeout_s, strict, most)


def _timeout_s(project: Project) -> float:
    text = os.environ.get(TIMEOUT_VARIABLE) or str(project.serve.live_state_timeout_ms)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ConfigError(
            f"{TIMEOUT_VARIABLE} is '{text}'.",
            allowed="It must be a whole number of milliseconds, at least 1.",
            fix=f"Set it to one, such as {project.serve.live_state_timeout_ms}, or unset it.",
        )
    return int(text) / 1e3


def check_durability(project: Project, address: str) -> None:
    """Checks Valkey's durability settings. If Valkey is down, they are checked once it is up.

    Raises:
        ConfigError: `address` is not a valid address.
        LossyLiveState: it may lose accepted events, and the configuration requires fsync.
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
    """Returns the folder in which an embedded Valkey keeps its file."""
    return project.state_path / "live"
