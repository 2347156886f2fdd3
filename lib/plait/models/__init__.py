"""Models: the families, and the scores that all of them return."""
