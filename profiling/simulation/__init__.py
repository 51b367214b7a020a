"""A Netherlands with known truth: areas, households, libraries and lending; every assumption in ASSUMPTIONS.md."""
