"""Boosted trees scored 256 rows at a time: values become one-byte codes once, and bit masks walk down every tree."""
