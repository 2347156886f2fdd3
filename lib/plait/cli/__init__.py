"""The command line: one file per verb. Each parses options, calls one function and prints."""
