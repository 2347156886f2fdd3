"""Live state: what is known of every person this very moment, kept in Valkey."""

from plait.live.valkey.valkey_state import LiveState, PersonLookup, PersonState

__all__ = ["LiveState", "PersonLookup", "PersonState"]
