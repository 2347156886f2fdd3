"""Resolves accounts to persons: evidence edges, clusters, and a ledger of stable ids."""
