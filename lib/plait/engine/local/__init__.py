"""The local engine: Polars in one process, spilling to local disk by bucket."""
