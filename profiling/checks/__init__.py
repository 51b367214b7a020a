"""Checks of a finished profile: one file each, found by its constant CHECK."""
