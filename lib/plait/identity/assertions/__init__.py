"""Assertions: what people say about two accounts, in a hash-chained log; they outrank evidence."""
