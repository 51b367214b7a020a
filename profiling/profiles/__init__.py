"""Profiles: the households above the cut-off, the manifest that makes a version, the library, disclosure control."""
