"""What the base version holds, what is new against it, and which buckets that touches."""
