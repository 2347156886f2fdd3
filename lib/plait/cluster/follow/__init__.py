"""Follows a run to its end: its state, its pods and its log."""
