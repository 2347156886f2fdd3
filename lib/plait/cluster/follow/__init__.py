"""A run followed to its end: its state, its pods and its log."""
