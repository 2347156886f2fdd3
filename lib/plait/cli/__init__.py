"""The command line: one file a verb, each reads options, calls one function, prints."""
