"""Live state: what is known of every person this very moment, kept in Valkey."""

from plait.live.valkey.valkey_state import Known, LiveState, Who

__all__ = ["Known", "LiveState", "Who"]
