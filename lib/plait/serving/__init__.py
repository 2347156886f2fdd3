"""The endpoint: HTTP in, recommendations out, events kept."""
