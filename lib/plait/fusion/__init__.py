"""From raw logs to a store version."""
