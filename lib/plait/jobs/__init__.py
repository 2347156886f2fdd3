"""The cluster's jobs: one file per verb. Each parses arguments, calls a function, prints JSON."""
