"""Explains why accounts are one person, or why they are not, from the tables of a version."""
