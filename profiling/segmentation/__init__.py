"""Segmentation: from street sections of at least ten households to segments that every household can be given."""
