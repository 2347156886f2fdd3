"""Connected components of accounts: in memory if they fit, else by bucket on an engine."""
