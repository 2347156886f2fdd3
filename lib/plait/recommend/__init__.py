"""Lists of items for people: retrieval, filters, ranking, re-ranking, explanation, fallback."""
