"""The one error type a user meets: headline, what was seen, what is allowed, the fix."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class PlaitError(Exception):
    """An error its reader can act on.

    Args:
        seen: what was found and where.
        allowed: what would have been accepted, or the nearest known name.
        fix: the exact command or setting that mends it.
    """

    exit_code = 2

    def __init__(self, seen: str, *, allowed: str = "", fix: str = "") -> None:
        self.seen, self.allowed, self.fix = seen, allowed, fix
        super().__init__(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        """Keeps the parts apart on the way back from another process."""
        return _rebuild, (type(self), self.seen, self.allowed, self.fix)

    @property
    def headline(self) -> str:
        """The name of the error, as the first word of its message."""
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
    """A configured file, or every match of a glob, is missing."""


class EmptyInput(PlaitError):
    """A file without a single row."""


class UnreadableFile(PlaitError):
    """A file that is not what its name says."""


class UnknownColumn(PlaitError):
    """The mapping names a column that the file lacks."""


class UnknownEventType(PlaitError):
    """An event type outside plait's vocabulary."""


class BadFilter(PlaitError):
    """A filter expression that cannot be parsed or names an unknown field."""


class BadKey(PlaitError):
    """The pseudonym key is missing, too short, or open to others."""


class StoreError(PlaitError):
    """The store cannot be read or written."""


class NothingFused(StoreError):
    """The store has no version yet."""


class VersionExists(StoreError):
    """Another run published this version first."""


class NoModel(PlaitError):
    """No such model, or no version of it yet."""


class DamagedVersion(PlaitError):
    """A registry version whose files do not match its manifest."""


class CannotAppend(PlaitError):
    """A model that lacks what it needs to take items in without training."""


class TooFewEvents(PlaitError):
    """Not enough data for what was asked."""


class NothingToResume(PlaitError):
    """No unfinished training run, or one with other settings."""


class RunFailed(PlaitError):
    """A training run lost its workers more often than it may."""


class Diverged(PlaitError):
    """A training run that got worse than guessing, or whose numbers are no numbers any more."""


class NotFinite(PlaitError):
    """Scores, metrics or weights that hold a NaN or an infinity."""


class LeakyEvaluation(PlaitError):
    """The model saw the targets it would be evaluated on."""


class BadRequest(PlaitError):
    """A question that cannot be answered as it was asked."""


class LiveStateDown(PlaitError):
    """Valkey does not answer."""


class LossyLiveState(PlaitError):
    """A Valkey whose settings may lose events that were accepted."""


class TooManyAccounts(PlaitError):
    """A link would give one person more accounts than anyone has."""


class MissingSpark(PlaitError):
    """PySpark is not installed, or not the one plait works with."""


class MissingJava(PlaitError):
    """Spark needs a Java that is not there."""


class SparkFailed(PlaitError):
    """Spark could not start, or gave a task up."""


class MissingClient(PlaitError):
    """The Kubernetes client is not installed."""


class NoCluster(PlaitError):
    """No kubeconfig, or one that leads to no cluster."""


class ClusterDown(PlaitError):
    """The API server does not answer."""

    exit_code = 3


class Refused(PlaitError):
    """The API server said no: what is not there, not allowed, or not valid."""


class OverQuota(Refused):
    """The namespace has no room for what was asked."""

    exit_code = 3


class NoTemplates(PlaitError):
    """No chart is installed where the verbs' resources were looked for."""


class BadTemplate(PlaitError):
    """A template that is not what the chart renders."""


class UnknownArgument(PlaitError):
    """An argument that the verb does not know."""


class BadSize(PlaitError):
    """A number of workers, CPUs, GPUs or bytes that cannot be had."""


class RuleBroken(PlaitError):
    """An operator would accept the resource and then refuse to run it."""


class NoRun(PlaitError):
    """No run of that name."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Returns "Did you mean 'x'?" for the closest known name, or the names allowed."""
    names = sorted(set(known))
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Known: {', '.join(names)}." if names else ""
