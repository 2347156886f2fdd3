"""What a protocol asks, and of which versions it may be asked."""

from __future__ import annotations

from dataclasses import dataclass

from plait.errors import LeakyEvaluation, PlaitError, nearest


class UnknownProtocol(PlaitError):
    """A protocol that plait does not have."""


@dataclass(frozen=True)
class EvaluationProtocol:
    """How targets are chosen and what they are ranked against.

    Attributes:
        split: what the version must have held out.
        sample: negatives drawn for each target; None ranks all items of its platform.
        mask: whether items of the person's history are left out of a full ranking.
    """

    split: str
    sample: int | None
    mask: bool


PROTOCOLS: dict[str, EvaluationProtocol] = {
    "loo-999": EvaluationProtocol("loo", 999, mask=True),
    "loo-full": EvaluationProtocol("loo", None, mask=True),
    "loo-full-unmasked": EvaluationProtocol("loo", None, mask=False),
    "time": EvaluationProtocol("time", None, mask=True),
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
        split: what the version held out: loo, time, or none.

    Raises:
        LeakyEvaluation: its training part holds targets.
    """
    wanted = PROTOCOLS[name].split
    if split == wanted:
        return
    held = {"loo": "each person's last two events", "time": "everything after its cut"}
    raise LeakyEvaluation(
        f"{version} held out {held.get(split, 'nothing')} (split: {split}), so it saw targets "
        f"of protocol '{name}'.",
        allowed=f"'{name}' needs a version trained with split: {wanted}.",
        fix=f"Train one with `plait train --split {wanted}` and name it with --version.",
    )
