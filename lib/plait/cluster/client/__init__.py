"""The API server: requests, watches, quantities, and refusals as sentences."""
