"""The HTTP endpoint: serves recommendations and stores the events that clients send."""
