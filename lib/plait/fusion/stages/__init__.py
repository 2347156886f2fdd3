"""The stages of a fuse: read, resolve people, merge, publish."""
