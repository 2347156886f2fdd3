"""What a cluster runs: one file a verb, each reads arguments, calls one function, prints JSON."""
