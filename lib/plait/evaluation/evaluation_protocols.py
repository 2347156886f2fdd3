"""What a protocol asks, and of which versions it may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from plait.errors import LeakyEvaluation, PlaitError, nearest
from plait.features.folds import LeaveOneOut, TimeCut, fold_rule


class UnknownProtocol(PlaitError):
    """A protocol that plait does not have."""


@dataclass(frozen=True)
class EvaluationProtocol:
    """How targets are chosen and what they are ranked against.

    Attributes:
        split: the fold rule that the version must have been trained with.
        sample: negatives drawn for each target; None ranks all items of its platform.
        mask: whether items of the person's history are left out of a full ranking.
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
    """Refuses to evaluate a version that saw the targets of protocol `name`.

    Args:
        name: the protocol.
        version: the version, as the message names it.
        split: the fold rule that the version was trained with, see FOLD_RULES.

    Raises:
        LeakyEvaluation: its training part holds targets.
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
