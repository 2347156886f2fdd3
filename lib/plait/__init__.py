"""plait: one profile and real-time recommendations across platforms."""
