"""Engines move rows (read, spread, gather, write); what a step means is a kernel's."""
