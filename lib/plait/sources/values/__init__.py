"""Takes and makes values: paths, verbs, expressions, numbers and null words, all vectorised."""
