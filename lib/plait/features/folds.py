"""Folds: which events are held out from training, for validation and for test.

Only a fold rule decides this. Training and evaluation both apply the rule that a version names,
so the test targets are exactly the events that training did not see. Cross-validation and rolling
evaluation use several rules, one per fold, and train one version per fold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import polars as pl

from plait.errors import ConfigError, TooFewEvents, nearest
from plait.features.history import History
from plait.features.holdout import HeldOutTargets, hold_out_by_time, leave_one_out, time_quantile

HOLD_OUT_SHARE = 0.1  # share of the timed events that are after a default cut


@dataclass(frozen=True, eq=False)
class Fold:
    """A log in three parts.

    Attributes:
        train: the training events of B people; a person held out entirely has no event here.
        validation: the targets of early stopping and calibration; None: nothing is held out.
        test: the targets of evaluation; None: nothing is held out.
    """

    train: History
    validation: HeldOutTargets | None
    test: HeldOutTargets | None


class FoldRule(Protocol):
    """The rule that decides what one fold holds out.

    Training and evaluation index people and items differently, and training reads no event from
    the cut on. So a rule may use only person ids, times and the order of a person's events. Its
    training and validation parts must not depend on events from its cut on.
    """

    @property
    def name(self) -> str:
        """The rule's name in `train.split` and in a version's provenance."""

    @property
    def held_out(self) -> str | None:
        """What the rule holds out, in words for messages; None: nothing."""

    @property
    def masks_later(self) -> bool:
        """Whether a ranking may leave out items that a person interacts with after the target.

        It must not if a person can have several targets after the same cut.
        """

    def cut(self, history: History) -> int | None:
        """Returns the time from which the model sees neither events nor new items.

        It is in UTC microseconds; None: there is no cut.

        Raises:
            TooFewEvents: the rule needs times, and no event has one.
        """

    def fold(self, people: pl.Series, history: History, cut: int | None) -> Fold:
        """Returns the three parts of `history`.

        Args:
            people: ids of the B people of `history`.
            history: the whole log, or its events before `cut`.
            cut: the result of `cut` for the whole log, or the cut that a version records.
        """


@dataclass(frozen=True)
class LeaveOneOut:
    """Tests on each person's last target event, validates on the one before."""

    name: ClassVar[str] = "loo"
    held_out: ClassVar[str] = "each person's last two events"
    masks_later: ClassVar[bool] = True

    def cut(self, history: History) -> None:
        """Returns None: each person has a cut of their own."""

    def fold(self, people: pl.Series, history: History, cut: int | None) -> Fold:
        """Returns the parts, see `leave_one_out`."""
        return Fold(*leave_one_out(history))


@dataclass(frozen=True)
class TimeCut:
    """Tests on the events from the cut on, validates on the last tenth before it.

    Attributes:
        given: the cut, UTC microseconds; None: the cut is before the last tenth of the timed
            events.
    """

    given: int | None = None
    name: ClassVar[str] = "time"
    held_out: ClassVar[str] = "everything after its cut"
    masks_later: ClassVar[bool] = False

    def cut(self, history: History) -> int:
        """Returns the time from which on events are test targets, UTC microseconds.

        Raises:
            TooFewEvents: no cut was given, and no event has a time.
        """
        cut = time_quantile(history, 1 - HOLD_OUT_SHARE) if self.given is None else self.given
        if cut is None:
            raise TooFewEvents(
                "a time split needs events with times; these logs have only their order.",
                fix="Train with --split loo.",
            )
        return cut

    def fold(self, people: pl.Series, history: History, cut: int | None) -> Fold:
        """Returns the parts; validation is None if no event before the cut has a time."""
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
        """Returns None: there is no cut."""

    def fold(self, people: pl.Series, history: History, cut: int | None) -> Fold:
        """Returns all of `history` as the training part."""
        return Fold(history, None, None)


# The values of `train.split`; each rule is made with the cut of the settings or of a version.
FOLD_RULES: dict[str, Callable[[int | None], FoldRule]] = {
    LeaveOneOut.name: lambda cut: LeaveOneOut(),
    TimeCut.name: TimeCut,
    NothingHeldOut.name: lambda cut: NothingHeldOut(),
}


def fold_rule(split: str, cut: int | None = None) -> FoldRule:
    """Returns the rule called `split`.

    Args:
        split: a name of FOLD_RULES.
        cut: start of the test targets, UTC microseconds, for rules with a cut; None: chosen
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
