"""What a table is, which column plays which role in it, and which tables belong together."""
