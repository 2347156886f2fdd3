"""The popularity family: scores items by their number of positive events."""
