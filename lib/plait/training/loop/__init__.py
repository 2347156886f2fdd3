"""The training loop: steps, epochs, validation, early stopping."""
