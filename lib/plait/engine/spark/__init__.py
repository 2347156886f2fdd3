"""The Spark engine: moves frames between Python workers as opaque payloads."""
