"""Folds: who is held out, and when, for training, validation and test.

A fold rule is the one place that knows it. Training and evaluation both apply the rule that a
version names, so what is asked is what was left out. Cross-validation and rolling evaluation are
several rules, one for each fold, and a version trained on each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import polars as pl

from plait.errors import ConfigError, TooFewEvents, nearest
from plait.features.history import History
from plait.features.holdout import HeldOutTargets, hold_out_by_time, leave_one_out, time_quantile

HOLD_OUT_SHARE = 0.1  # part of the timed events after a default cut


@dataclass(frozen=True, eq=False)
class Fold:
    """A log in three parts.

    Attributes:
        train: what is learned from, B people; someone who is held out whole has no event here.
        validation: what early stopping and calibration look at; None: nothing is held out.
        test: what counts; None: nothing is held out.
    """

    train: History
    validation: HeldOutTargets | None
    test: HeldOutTargets | None


class FoldRule(Protocol):
    """What one fold holds out.

    Training and evaluation number people and items differently, and training reads no event from
    the cut on. So a rule goes by person ids, by times and by the order of a person's events, and
    what it trains and validates on does not depend on events from its cut on.
    """

    @property
    def name(self) -> str:
        """What `train.split` and a version's provenance call it."""

    @property
    def held_out(self) -> str | None:
        """What it holds out, as messages say it; None: nothing."""

    @property
    def masks_later(self) -> bool:
        """Whether a ranking may leave out what a person touched after the target.

        It may not where several targets of a person are asked from one moment on.
        """

    def cut(self, history: History) -> int | None:
        """Returns the moment from which on nothing exists for the model, new items included.

        UTC microseconds; None: there is no such moment.

        Raises:
            TooFewEvents: it needs times, and there are none.
        """

    def fold(self, people: pl.Series, history: History, cut: int | None) -> Fold:
        """Returns the parts of `history`, the whole log or what of it is before `cut`.

        Args:
            people: ids of the B people of `history`.
            history: events of all people.
            cut: what `cut` returned for the whole log, or the one that a version records.
        """


@dataclass(frozen=True)
class LeaveOneOut:
    """Tests on each person's last target event, validates on the one before."""

    name: ClassVar[str] = "loo"
    held_out: ClassVar[str] = "each person's last two events"
    masks_later: ClassVar[bool] = True

    def cut(self, history: History) -> None:
        """Returns None: people are cut one by one."""

    def fold(self, people: pl.Series, history: History, cut: int | None) -> Fold:
        """Returns the parts, see `leave_one_out`."""
        return Fold(*leave_one_out(history))


@dataclass(frozen=True)
class TimeCut:
    """Tests on what comes from the cut on, validates on the last tenth before it.

    Attributes:
        given: the cut, UTC microseconds; None: the last tenth of the timed events is tested.
    """

    given: int | None = None
    name: ClassVar[str] = "time"
    held_out: ClassVar[str] = "everything after its cut"
    masks_later: ClassVar[bool] = False

    def cut(self, history: History) -> int:
        """Returns where the test targets begin, UTC microseconds.

        Raises:
            TooFewEvents: no cut was given, and no event has a time.
        """
        cut = time_quantile(history, 1 - HOLD_OUT_SHARE) if self.given is None else self.given
        if cut is None:
            raise TooFewEvents(
                "a time split needs events with times; these logs know only the order.",
                fix="Train with --split loo.",
            )
        return cut

    def fold(self, people: pl.Series, history: History, cut: int | None) -> Fold:
        """Returns the parts; nothing is validated where no event before the cut has a time."""
        before, test = hold_out_by_time(history, self.cut(history) if cut is None else cut)
        moment = time_quantile(before, 1 - HOLD_OUT_SHARE)
        if moment is None:
            return Fold(before, None, test)
        return Fold(*hold_out_by_time(before, moment), test)


@dataclass(frozen=True)
class NothingHeldOut:
    """Trains on everything."""

    name: ClassVar[str] = "none"
    held_out: ClassVar[None] = None
    masks_later: ClassVar[bool] = False

    def cut(self, history: History) -> None:
        """Returns None: everything is known."""

    def fold(self, people: pl.Series, history: History, cut: int | None) -> Fold:
        """Returns the whole of `history` as the part to train on."""
        return Fold(history, None, None)


# What `train.split` may say, each made with the cut of the settings or of a version.
FOLD_RULES: dict[str, Callable[[int | None], FoldRule]] = {
    LeaveOneOut.name: lambda cut: LeaveOneOut(),
    TimeCut.name: TimeCut,
    NothingHeldOut.name: lambda cut: NothingHeldOut(),
}


def fold_rule(split: str, cut: int | None = None) -> FoldRule:
    """Returns the rule called `split`.

    Args:
        split: a name of FOLD_RULES.
        cut: where the test targets begin, UTC microseconds, for rules with a cut; None: chosen
            from the data.

    Raises:
        ConfigError: there is no such rule.
    """
    if split not in FOLD_RULES:
        raise ConfigError(
            f"there is no split '{split}'.",
            allowed=nearest(split, FOLD_RULES),
            fix=f"Choose one of {', '.join(FOLD_RULES)}.",
        )
    return FOLD_RULES[split](cut)
