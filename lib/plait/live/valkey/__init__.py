"""Live state in Valkey: its scripts, the loading of its base, and an embedded server."""
