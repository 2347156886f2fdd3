"""Whether a Valkey keeps accepted events durably, by its settings, which can change at any time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import redis

from plait.config import Project
from plait.errors import ConfigError, LossyLiveState, nearest

REQUIRED_SETTINGS = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
DURABILITY_VARIABLE = "PLAIT_LIVE_STATE_DURABILITY"


class DurabilityLevel(StrEnum):
    """The required durability of live state, as in `serve.live_state_durability`."""

    fsync = "fsync"
    best_effort = "best_effort"


@dataclass(frozen=True)
class Durability:
    """A Valkey's value of each of REQUIRED_SETTINGS; None if it does not tell."""

    settings: tuple[tuple[str, str | None], ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """The settings by which accepted events may be lost, in words."""
        return tuple(
            f"{name} is {value}" if value is not None else f"it does not tell {name}"
            for name, value in self.settings
            if value != REQUIRED_SETTINGS[name]
        )

    def error(self, address: str) -> LossyLiveState:
        """Returns the error for the Valkey at `address`; it does not show the password."""
        wrong = [
            name for name, value in self.settings if value not in (REQUIRED_SETTINGS[name], None)
        ]
        accept = (
            "Or accept that: `live_state_durability: best_effort` under `serve:` (plait serve "
            f"--live-state-durability best_effort, {DURABILITY_VARIABLE}=best_effort); "
            "the response to events then has `durable: false`."
        )
        needed = ", ".join(f"{name} {value}" for name, value in REQUIRED_SETTINGS.items())
        mend = f"Ask whoever runs it for {needed}."
        if wrong:
            tool = _valkey_cli(address)
            commands = [f"{tool} CONFIG SET {name} {REQUIRED_SETTINGS[name]}" for name in wrong]
            mend = f"Run `{' && '.join(commands)}`, and write the same into its configuration file."
        return LossyLiveState(
            f"the Valkey at {redact_address(address)} may lose events that were accepted: "
            f"{', '.join(self.faults)}.",
            allowed=f"Needed: {needed}.",
            fix=f"{mend} {accept}",
        )


def required_durability(project: Project) -> DurabilityLevel:
    """Returns the required durability, from the environment or else from the project.

    Raises:
        ConfigError: the value is not one of DurabilityLevel.
    """
    word = os.environ.get(DURABILITY_VARIABLE) or project.serve.live_state_durability
    if word not in list(DurabilityLevel):
        raise ConfigError(
            f"live state's durability is '{word}'.",
            allowed=f"{nearest(word, list(DurabilityLevel))} "
            f"Allowed: {', '.join(DurabilityLevel)}.",
            fix=f"Set {DURABILITY_VARIABLE} or --live-state-durability to one of them.",
        )
    return DurabilityLevel(word)


def read_durability(client: redis.Redis) -> Durability:
    """Returns the server's present settings.

    If CONFIG is not allowed, as with some managed services, INFO gives a part of them.

    Raises:
        redis.ConnectionError, redis.TimeoutError: Valkey does not answer.
    """
    with client.pipeline(transaction=False) as commands:
        commands.config_get("append*")
        commands.config_get("maxmemory-policy")
        commands.info("persistence")
        commands.info("memory")
        settings, policy, persistence, memory = commands.execute(raise_on_error=False)
    for response in (settings, policy, persistence, memory):
        if isinstance(response, (redis.ConnectionError, redis.TimeoutError)):
            raise response
    values: dict[str, Any] = {}
    if isinstance(persistence, dict) and "aof_enabled" in persistence:
        values["appendonly"] = "yes" if str(persistence["aof_enabled"]) == "1" else "no"
    if isinstance(memory, dict):
        values["maxmemory-policy"] = memory.get("maxmemory_policy")
    for response in (settings, policy):
        if isinstance(response, dict):
            values.update({_decode(name): _decode(value) for name, value in response.items()})
    return Durability(tuple((name, values.get(name)) for name in REQUIRED_SETTINGS))


def redact_address(address: str) -> str:
    """Returns `address` without parts that may be secret: user, password and options."""
    scheme, mark, rest = address.partition("://") if "://" in address else ("", "", address)
    if "@" in rest.partition("?")[2]:  # a password may begin anywhere
        return f"{scheme}{mark}..."
    return f"{scheme}{mark}{rest.rpartition('@')[2].partition('?')[0]}"


def invalid_address_error(address: str) -> ConfigError:
    """Returns the error for an `address` that is malformed."""
    return ConfigError(
        f"'{redact_address(address)}' is not an address of a Valkey.",
        allowed="redis://HOST:PORT/DATABASE, rediss://... for TLS, or unix:///PATH; / ? # @ % in a "
        "password are written %2F %3F %23 %40 %25.",
        fix="Give an address such as --live-state redis://127.0.0.1:6379/0 (or PLAIT_LIVE_STATE, "
        "or serve.live_state).",
    )


def _valkey_cli(address: str) -> str:
    """Returns the valkey-cli command for `address`; it prompts for a password if there is one."""
    parts = urlsplit(address)
    if parts.scheme == "unix":
        words = ["valkey-cli", "-s", parts.path]
    else:
        words = ["valkey-cli", "-h", parts.hostname or "localhost", "-p", str(parts.port or 6379)]
    if parts.scheme == "rediss":
        words.append("--tls")
    if parts.username:
        words += ["--user", parts.username]
    if parts.password:
        words.append("--askpass")
    return " ".join(words)


def _decode(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
