"""Fuses raw logs of several platforms into a store version."""
