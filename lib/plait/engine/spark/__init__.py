"""The Spark engine: frames travel as opaque payloads between Python workers."""
