"""Titles of profiles where several stand side by side."""

from __future__ import annotations

from profiling.profiles.library import told_apart


def test_titles_that_are_the_same_are_told_apart_by_name() -> None:
    titles = {"nt1": "Taalgroeiers", "nt1-wide": "Taalgroeiers", "youth": "Jongeren", "a": "", "b": ""}
    assert told_apart(titles) == titles | {"nt1": "Taalgroeiers (nt1)", "nt1-wide": "Taalgroeiers (nt1-wide)"}
