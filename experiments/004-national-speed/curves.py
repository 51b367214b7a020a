"""Draw and tabulate result/scaling.json: result/scaling.svg, and the rows of the README's table between its marks.

Usage: python experiments/004-national-speed/curves.py (after run.py --scaling)
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from profiling.artefacts import write_text
from profiling.reporting.svg import MUTED, RULE, SERIES, Canvas

HERE = Path(__file__).parent
PANELS = (("households", "households"), ("bags", "bags of 100 × 31"), ("features", "features"))
LINES = {"ours": SERIES[0], "floor": SERIES[1]}
WIDTH, HIGH, TOP, GAP = 220.0, 150.0, 48.0, 30.0
MARKS = ("<!-- scaling -->\n", "<!-- end -->")

Point = dict[str, Any]


def draw(points: list[Point]) -> str:
    """One panel per thing that was varied: CPU-microseconds per household; both axes logarithmic."""
    costs = [each["cpu_us_per_household"] for each in points]
    low, high = (fit(math.log2(end)) for fit, end in ((math.floor, min(costs)), (math.ceil, max(costs))))
    title = "CPU-microseconds per household, ours and the floor, as one thing at a time is varied"
    canvas = Canvas(3 * (WIDTH + GAP) + GAP, TOP + HIGH + 48, title, title)
    canvas.add("rect", x=0, y=0, width=canvas.width, height=canvas.height, fill="#ffffff")
    canvas.text(GAP, 18, title, size=13, weight="600")
    for place, (what, words) in enumerate(PANELS):
        left = 1.4 * GAP + place * (WIDTH + GAP)
        mine = [each for each in points if each["varied"] == what]
        values = sorted({each["value"] for each in mine})
        span = math.log(values[-1] / values[0])

        def y(cost: float) -> float:
            return TOP + HIGH * (high - math.log2(cost)) / (high - low)

        def x(value: float, left: float = left, first: float = values[0], span: float = span) -> float:
            return left + (WIDTH - 30) * math.log(value / first) / span

        for power in range(low, high + 1):
            canvas.line(left, y(2.0**power), left + WIDTH - 30, y(2.0**power), colour=RULE)
            canvas.text(left - 5, y(2.0**power) + 4, f"{2.0**power:g}", size=10, anchor="end", colour=MUTED)
        for value in values:
            canvas.text(x(value), TOP + HIGH + 16, _short(value), size=10, anchor="middle", colour=MUTED)
        canvas.text(left + (WIDTH - 30) / 2, TOP + HIGH + 34, words, size=11, anchor="middle")
        for name, colour in LINES.items():
            line = sorted((each["value"], each["cpu_us_per_household"]) for each in mine if each["contender"] == name)
            path = " ".join(f"{x(value):.1f},{y(cost):.1f}" for value, cost in line)
            canvas.add("polyline", points=path, fill="none", stroke=colour, stroke_width=2)
            for value, cost in line:
                canvas.add("circle", cx=x(value), cy=y(cost), r=3, fill=colour)
            canvas.text(x(line[-1][0]) - 4, y(line[-1][1]) - 7, name, size=11, anchor="end", colour=colour)
    return canvas.finish().markup


def rows(points: list[Point]) -> str:
    """The points as a table: what was varied, and ours beside the floor."""
    lines = [
        "| varied | value | ours, s | ours, CPU-µs per household | floor, CPU-µs per household | ours, peak GB |",
        "|---|---|---|---|---|---|",
    ]
    at = {(each["varied"], each["value"], each["contender"]): each for each in points}
    for varied, value in dict.fromkeys((each["varied"], each["value"]) for each in points):
        ours, floor = at[varied, value, "ours"], at[varied, value, "floor"]
        costs = f"{ours['cpu_us_per_household']:.2f} | {floor['cpu_us_per_household']:.2f}"
        lines.append(f"| {varied} | {value:,} | {ours['wall_s']:.1f} | {costs} | {ours['peak_gb']:.2f} |")
    return "\n".join(lines) + "\n"


def _short(value: float) -> str:
    return f"{value / 1e6:g} M" if value >= 1e6 else f"{value / 1e3:g} k" if value >= 1e4 else f"{value:g}"


def main() -> None:
    """Write the picture and the table."""
    points = json.loads((HERE / "result" / "scaling.json").read_text(encoding="utf-8"))["result"]
    write_text(HERE / "result" / "scaling.svg", draw(points))
    readme = HERE / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(MARKS[0])
    write_text(readme, before + MARKS[0] + rows(points) + rest[rest.index(MARKS[1]) :])


if __name__ == "__main__":
    main()
