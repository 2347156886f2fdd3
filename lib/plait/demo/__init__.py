"""The demo: builds a synthetic world, fuses, trains, and serves it from a live endpoint."""
