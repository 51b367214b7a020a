"""Open, reproducible look-alike household profiles: from lending records to a published profile."""

__version__ = "0.1.0"
