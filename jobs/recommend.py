"""Writes everyone's lists as Parquet: what a cluster submits every night."""

import sys

from plait.jobs.recommend_job import main

if __name__ == "__main__":
    sys.exit(main())
