"""Pseudonyms, which replace raw ids, and their key."""
