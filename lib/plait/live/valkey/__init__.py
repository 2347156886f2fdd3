"""Live state in Valkey: its scripts, the base it is loaded with, and an embedded server."""
