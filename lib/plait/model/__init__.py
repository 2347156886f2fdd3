"""The model: terms, encoder, baselines, and the artifact that holds them."""
