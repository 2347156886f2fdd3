"""Incremental runs: the base version, the new inputs, and the buckets that they touch."""
