"""Scoring: every household gets a score, a rank and a percentile; the cut-off says how deep a profile goes."""
