"""Engines: where the households are scored, ranked and counted; one file each, found by its constant ENGINE."""
