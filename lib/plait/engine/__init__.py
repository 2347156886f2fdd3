"""Engines read, spill, shuffle and write rows. Kernels define what is done to them."""
