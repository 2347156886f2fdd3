"""The neural family: a CNN and an RNN over sequences, and separable terms."""
