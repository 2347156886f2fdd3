"""The client of the API server: requests, watches, quantities and error messages."""
