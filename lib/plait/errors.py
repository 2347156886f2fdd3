"""The errors that a user sees: headline, what was seen, what is allowed, and the fix."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class PlaitError(Exception):
    """An error with a fix. All errors that a user can cause derive from it.

    Args:
        seen: what was found, and where.
        allowed: what is accepted, or the nearest known name.
        fix: the exact command or setting that corrects the error.
    """

    exit_code = 2

    def __init__(self, seen: str, *, allowed: str = "", fix: str = "") -> None:
        self.seen, self.allowed, self.fix = seen, allowed, fix
        super().__init__(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the parts, for errors from another process."""
        return _rebuild, (type(self), self.seen, self.allowed, self.fix)

    @property
    def headline(self) -> str:
        """The name of the error: the first word of its message."""
        return type(self).__name__

    def __str__(self) -> str:
        parts = [f"{self.headline}: {self.seen}", self.allowed, self.fix]
        return " ".join(part.strip() for part in parts if part)


def _rebuild(kind: type[PlaitError], seen: str, allowed: str, fix: str) -> PlaitError:
    return kind(seen, allowed=allowed, fix=fix)


class ConfigError(PlaitError):
    """The project file cannot be used."""


class UnknownPlatform(PlaitError):
    """A platform that neither the project nor the model knows."""


class MissingFile(PlaitError):
    """A configured file is missing, or a glob matches no file."""


class EmptyInput(PlaitError):
    """A file without rows."""


class UnreadableFile(PlaitError):
    """A file that cannot be read in the format that its name or setting states."""


class UnknownColumn(PlaitError):
    """The mapping names a column that the file lacks."""


class UnknownEventType(PlaitError):
    """An event type outside plait's vocabulary."""


class UnknownReason(PlaitError):
    """A reason for quarantine that does not exist."""


class BadFilter(PlaitError):
    """A filter expression that cannot be parsed or names an unknown field."""


class BadKey(PlaitError):
    """A key is missing, too short, or readable by others."""


class LostVaultKey(PlaitError):
    """The vault needs a master key that is not given."""


class StoreError(PlaitError):
    """The store cannot be read or written."""


class DamagedVault(StoreError):
    """An object of the vault is truncated, changed, or not where it was written."""


class DamagedTable(StoreError):
    """A data file of a table is gone or unreadable."""


class DamagedRecord(StoreError):
    """A record of the store, such as that of a version, is truncated or changed."""


class NothingFused(StoreError):
    """The store has no version yet."""


class VersionExists(StoreError):
    """Another run published this version first."""


class NoModel(PlaitError):
    """The model or the version does not exist."""


class DamagedVersion(PlaitError):
    """A registry version whose files do not match its manifest."""


class CannotAppend(PlaitError):
    """A model to which items cannot be appended without training."""


class TooFewEvents(PlaitError):
    """Not enough data for the requested operation."""


class NothingToResume(PlaitError):
    """There is no unfinished training run with these settings."""


class RunFailed(PlaitError):
    """A training run lost its workers more often than allowed."""


class Diverged(PlaitError):
    """A training run whose loss is worse than guessing, NaN or infinite."""


class NotFinite(PlaitError):
    """Scores, metrics or weights that are NaN or infinite."""


class LeakyEvaluation(PlaitError):
    """The model was trained on the targets of the evaluation."""


class BadRequest(PlaitError):
    """A request that is not valid."""


class LiveStateDown(PlaitError):
    """Valkey does not answer."""


class LossyLiveState(PlaitError):
    """The settings of Valkey allow it to lose accepted events."""


class TooManyAccounts(PlaitError):
    """A link would give one person more accounts than allowed."""


class MissingSpark(PlaitError):
    """PySpark is not installed, or cannot be imported."""


class MissingJava(PlaitError):
    """There is no Java that Spark supports."""


class SparkFailed(PlaitError):
    """Spark could not start, or a task failed."""


class MissingClient(PlaitError):
    """The Kubernetes client is not installed."""


class NoCluster(PlaitError):
    """There is no kubeconfig, or it does not name a cluster."""


class ClusterDown(PlaitError):
    """The API server does not answer."""

    exit_code = 3


class Refused(PlaitError):
    """The API server rejected a request: not found, not allowed, or not valid."""


class OverQuota(Refused):
    """The request exceeds the quota of the namespace."""

    exit_code = 3


class NoTemplates(PlaitError):
    """There are no templates of resources, none of that release, or several to choose from."""


class BadTemplate(PlaitError):
    """A template that the chart did not render."""


class UnknownArgument(PlaitError):
    """An argument that the command does not have."""


class BadSize(PlaitError):
    """An invalid number of workers, CPUs, GPUs or bytes."""


class RuleBroken(PlaitError):
    """An operator would accept the resource, but not run it."""


class NoRun(PlaitError):
    """There is no run of that name."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Returns "Did you mean 'x'?" for the closest known name, or else a list of all names."""
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Known: {', '.join(names)}." if names else ""
