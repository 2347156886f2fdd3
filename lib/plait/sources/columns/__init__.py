"""Finds what the project file names in the columns of a file, and builds the fields from it."""
