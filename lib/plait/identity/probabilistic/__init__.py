"""Finds records that are alike: the model that links people without a common key."""
