"""Recognises how files are written, groups those that are alike, and reads samples of them."""
