"""Training data: examples, targets and micro-batches."""
