"""Evaluation of model versions: protocols, metrics with intervals, and baselines."""
