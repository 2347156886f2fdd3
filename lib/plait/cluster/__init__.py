"""Runs verbs on Kubernetes: renders the chart's templates, applies them and follows the runs."""
