"""What a model is worth: protocols, metrics with intervals, baselines beside it."""
