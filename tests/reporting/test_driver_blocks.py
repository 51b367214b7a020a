"""What is said of the sample behind the drivers."""

from __future__ import annotations

from profiling.reporting.driver_blocks import sample_sentence


def test_the_sample_behind_the_drivers_is_said() -> None:
    row = {"households": 8_000, "agreement": 0.9876, "settled": True}
    assert sample_sentence({"sample": [row]}, "nl")[0].startswith("Berekend over 8.000 huishoudens. Dat is genoeg")
    (said,) = sample_sentence({"sample": [row | {"agreement": 0.914, "settled": False}]}, "en")
    assert "do not give the same order yet (Kendall's tau 0.91)" in said
    assert sample_sentence({"groups": []}, "nl") == ()
