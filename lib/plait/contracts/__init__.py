"""The tables and messages plait exchanges: one definition a table."""
