"""Evaluates a model version: what a cluster submits. `plait evaluate` is the same."""

import sys

from plait.jobs.evaluate_job import main

if __name__ == "__main__":
    sys.exit(main())
