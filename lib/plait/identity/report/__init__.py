"""Measures who is who: agreement with the truth, sizes of persons, evidence, blocked values."""
