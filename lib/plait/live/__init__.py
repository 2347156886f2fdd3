"""Live state: what is known of every person at this moment."""

from plait.live.live_state import LiveState, PersonLookup, PersonState

__all__ = ["LiveState", "PersonLookup", "PersonState"]
