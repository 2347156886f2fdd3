"""Says an explanation in sentences, the same in the terminal and on the page."""

from __future__ import annotations

from plait.identity.why.explanation import Evidence, Explanation
from plait.say_count import say_count


def headline(found: Explanation) -> str:
    """Returns the answer in one sentence."""
    if not found.joined:
        return "They are two persons."
    if found.first is None or found.second is None:
        used = sum(edge.dropped_as is None for edge in found.others)
        return (
            f"One person with {say_count(len(found.accounts), 'account')}, joined by "
            f"{say_count(used, 'piece', 'pieces')} of evidence."
        )
    if found.first == found.second:
        return "Both are the same account."
    if not found.chain:
        return "They are one person, but this store version does not say why."
    if len(found.chain) == 1:
        return (
            f"They are one person, by {found.chain[0].rule} (weight {say_weight(found.chain[0])})."
        )
    weakest = min(found.chain, key=lambda edge: edge.weight)
    return (
        f"They are one person: {len(found.chain)} edges, the weakest by {weakest.rule} (weight "
        f"{say_weight(weakest)})."
    )


def say_weight(edge: Evidence) -> str:
    """Returns the weight; 1 only if it is exactly 1."""
    shown = f"{edge.weight:.4f}"
    if edge.weight < 1 and shown == "1.0000":
        return "> 0.9999"
    return "1" if edge.weight == 1 else shown.rstrip("0")


def say_since(edge: Evidence) -> str:
    """Returns when the edge was declared, or an empty text."""
    return f"since {edge.since:%Y-%m-%d %H:%M} UTC" if edge.since else ""
