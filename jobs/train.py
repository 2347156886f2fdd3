"""Trains a project's model: what a cluster submits. `plait train` is the same."""

import sys

from plait.jobs.train_job import main

if __name__ == "__main__":
    sys.exit(main())
