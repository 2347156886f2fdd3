"""Training: data, loop and the run through Ray Train."""
