"""Pure functions over frames: rows of a file, and all rows of a bucket."""
