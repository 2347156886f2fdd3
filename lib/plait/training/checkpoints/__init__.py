"""Checkpoints of an unfinished run, in the store."""
