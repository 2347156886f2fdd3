"""Training on Ray: workers, their progress and their failures."""
