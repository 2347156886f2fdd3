"""Lists of items for people: retrieval, exclusion, explanation, fallback."""
