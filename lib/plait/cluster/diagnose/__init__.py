"""Why a run waits, why a job failed, and whether an endpoint answers."""
