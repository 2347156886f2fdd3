"""Live state: the current history of every person."""

from plait.live.live_state import LiveState, PersonLookup, PersonState

__all__ = ["LiveState", "PersonLookup", "PersonState"]
