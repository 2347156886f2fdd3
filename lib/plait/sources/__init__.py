"""Finds the files of a platform, checks their columns, and reads them in chunks as text."""
