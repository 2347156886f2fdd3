"""Checks raw rows and turns them into EVENTS rows, by the same rules for files and HTTP."""
