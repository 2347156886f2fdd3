"""Kernels: pure functions over a chunk of rows, or over all rows of a bucket."""
