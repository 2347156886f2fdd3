"""What the workers of one run share: ranks, gradients, RNG streams."""
