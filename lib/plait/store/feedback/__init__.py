"""The feedback log: where its objects lie, what is among them, and their compaction."""
