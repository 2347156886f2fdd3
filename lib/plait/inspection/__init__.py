"""Looks at files of which nothing is known, and drafts the project file that reads them."""
