"""Write the tables of README.md from result/report.json, between their marks.

Usage: python experiments/009-segmentation/fill.py
"""

from __future__ import annotations

import json
import re
from typing import Any

from settings import HERE

MEASURES = (
    ("explained_sub", "variance between areas that 37 sub segments explain, mean of 13 variables (ranks)"),
    ("explained_main", "the same, 10 main segments"),
    ("left_out_sub", "the same of a variable that was left out, mean of 5"),
    ("outside_sub", "the same of four outside figures of wijken (2022), 37 sub segments"),
    ("outside_main", "the same, 10 main segments"),
    ("held_out_sub", "adjusted Rand in held-out gemeenten, sub"),
    ("held_out_main", "the same, main"),
    ("bootstrap_sub", "adjusted Rand over bootstraps of gemeenten, sub"),
    ("bootstrap_main", "the same, main"),
    ("smallest", "smallest sub segment, part of households"),
    ("largest", "largest sub segment"),
    ("effective", "effective number of sub segments"),
)


def sections(report: dict[str, Any]) -> list[str]:
    """The table of planted sections."""
    lines = ["| sections × variables | matrix | peak memory | CPU | adjusted Rand | ceiling | bootstraps |"]
    lines.append("|---|---|---|---|---|---|---|")
    for name, said in report.items():
        if name.startswith("sections-"):
            figures = (
                f"{said['sections']:,} × {said['variables']:,}",
                f"{said['matrix_gb']:.2f} GB",
                f"{said['peak_gb']:.2f} GB",
                f"{said['cpu_seconds']:.0f} s",
                *(f"{said[key]:.3f}" for key in ("adjusted_rand", "ceiling", "bootstrap")),
            )
            lines.append(f"| {' | '.join(figures)} |")
    return lines


def simulation(report: dict[str, Any]) -> list[str]:
    """The table of the simulated country."""
    mean = report["simulation"]["mean"]
    ways = list(dict.fromkeys(name.partition(", ")[2] for name in mean))
    rows = [f"| {way} | {mean[f'sub, {way}']:.3f} | {mean[f'main, {way}']:.3f} |" for way in ways]
    return ["| sections by | sub | main |", "|---|---|---|", *rows]


def areas(report: dict[str, Any], name: str) -> list[str]:
    """The table of one kind of real areas."""
    methods = report[name]["methods"]
    lines = [f"| {name} | {' | '.join(methods)} |", "|---|" + "---|" * len(methods)]
    for key, title in MEASURES:
        decimals = 1 if key == "effective" else 3
        lines.append(f"| {title} | {' | '.join(f'{each[key]:.{decimals}f}' for each in methods.values())} |")
    return lines


def tables(report: dict[str, Any]) -> dict[str, list[str]]:
    """Every table by its mark."""
    found = {"sections": sections(report)}
    if "simulation" in report:
        found["simulation"] = simulation(report)
    return found | {name: areas(report, name) for name in report if name.startswith("cbs-")}


def main() -> None:
    """Fill the README."""
    report = json.loads((HERE / "result" / "report.json").read_text(encoding="utf-8"))
    path = HERE / "README.md"
    text = path.read_text(encoding="utf-8")
    for mark, lines in tables(report).items():
        body = "\n".join(lines)
        text = re.sub(
            rf"(<!-- {mark} -->\n).*?(<!-- end -->)", lambda m, b=body: f"{m[1]}{b}\n{m[2]}", text, flags=re.S
        )
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
