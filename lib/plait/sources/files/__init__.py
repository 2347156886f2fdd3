"""Finds the files of a platform, on this machine, on S3 and in Delta tables."""
