"""Contrasts: one file each, found by its constant CONTRAST."""
