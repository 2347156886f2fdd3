"""Checks raw rows and turns them into contract rows; the same for files and HTTP."""
