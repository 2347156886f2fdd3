"""The feedback log: the paths of its objects, their listing, and their compaction."""
