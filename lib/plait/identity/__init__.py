"""Accounts to people: declared keys, connected components, and the ledger of stable ids."""
