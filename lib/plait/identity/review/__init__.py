"""Questions to people: pairs of accounts near the threshold, and their answers."""
