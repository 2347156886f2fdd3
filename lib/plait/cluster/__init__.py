"""Verbs on Kubernetes: the chart's templates filled in, applied, and followed to their end."""
