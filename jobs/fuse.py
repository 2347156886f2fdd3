"""Fuses a project's logs into a store version: what a cluster submits. `plait fuse` is the same."""

import sys

from plait.jobs.fuse_job import main

if __name__ == "__main__":
    sys.exit(main())
