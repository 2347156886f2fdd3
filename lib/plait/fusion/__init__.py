"""The road from raw logs to a store version."""
