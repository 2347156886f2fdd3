"""A platform's files: found, checked by name, and read in chunks as raw text."""
