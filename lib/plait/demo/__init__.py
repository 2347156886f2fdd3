"""The demo: from a synthetic world to a live endpoint that learns from one event."""
