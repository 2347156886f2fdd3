"""The evaluation protocols, and the check that a version fits one."""

from __future__ import annotations

from dataclasses import dataclass

from plait.errors import LeakyEvaluation, PlaitError, nearest
from plait.features.folds import LeaveOneOut, TimeCut, fold_rule


class UnknownProtocol(PlaitError):
    """A protocol that plait does not have."""


@dataclass(frozen=True)
class EvaluationProtocol:
    """How targets are chosen, and which candidates they are ranked against.

    Attributes:
        split: the fold rule that the version must have been trained with.
        negatives: negatives drawn per target; None: rank all items of its platform.
        mask: whether a full ranking leaves out the items of the person's history.
    """

    split: str
    negatives: int | None
    mask: bool


PROTOCOLS: dict[str, EvaluationProtocol] = {
    "loo-999": EvaluationProtocol(LeaveOneOut.name, 999, mask=True),
    "loo-full": EvaluationProtocol(LeaveOneOut.name, None, mask=True),
    "loo-full-unmasked": EvaluationProtocol(LeaveOneOut.name, None, mask=False),
    "time": EvaluationProtocol(TimeCut.name, None, mask=True),
}


def find_protocol(name: str) -> EvaluationProtocol:
    """Returns the protocol called `name`.

    Raises:
        UnknownProtocol: there is none.
    """
    if name not in PROTOCOLS:
        raise UnknownProtocol(
            f"there is no protocol '{name}'.",
            allowed=nearest(name, PROTOCOLS),
            fix=f"Choose one of {', '.join(PROTOCOLS)}.",
        )
    return PROTOCOLS[name]


def check_no_leak(name: str, version: str, split: str) -> None:
    """Checks that a version did not see the targets of protocol `name`.

    Args:
        name: the protocol.
        version: the version's name in the error message.
        split: the fold rule that the version was trained with, see FOLD_RULES.

    Raises:
        LeakyEvaluation: the version's training data contains targets of the protocol.
    """
    wanted = PROTOCOLS[name].split
    if split == wanted:
        return
    held = fold_rule(split).held_out or "nothing"
    raise LeakyEvaluation(
        f"{version} held out {held} (split: {split}), so it saw targets of protocol '{name}'.",
        allowed=f"'{name}' needs a version trained with split: {wanted}.",
        fix=f"Train one with `plait train --split {wanted}` and name it with --version.",
    )
