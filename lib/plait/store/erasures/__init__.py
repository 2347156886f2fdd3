"""Receipts of erasures: each place that held an erased person, and when it was done."""
