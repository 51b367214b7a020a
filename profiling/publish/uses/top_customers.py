"""Top customers: which variables set them apart from all other customers.

One variable at a time as a standardised difference with its interval, and all chosen variables together in a small
logistic model, which says what is left of each when the others are taken into account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.stats import norm

from profiling.errors import ProfileError, Text, UploadError, did_you_mean
from profiling.population.address_book import AddressBook
from profiling.population.config import HardFeature
from profiling.population.store import HouseholdStore
from profiling.profiles.disclosure import SUPPRESSED, suppress
from profiling.publish.customers_found import MatchReport, check_belonging, find_customers
from profiling.publish.published import Published
from profiling.publish.uploads import Upload
from profiling.publish.uses.about import About, about
from profiling.publish.uses.differences import share_difference
from profiling.publish.uses.small_model import small_model

Z = float(norm.ppf(0.975))
SMALLEST = 50
VARIABLES = (
    *("feature", "level", "nl", "en", "level_nl", "level_en", "kind", "n_top", "n_rest", "top", "rest"),
    *("difference", "difference_low", "difference_high", "effect", "effect_low", "effect_high", "suppressed"),
)


@dataclass(frozen=True)
class TopRule:
    """Which rows of the file are top customers: a column, and either a value or the highest part of it.

    Parameters
    ----------
    column : heading of the column.
    equals : rows with this value are top customers.
    part : or the highest part of the rows by that column's number, 0 to 1; ties at the border are all in.
    """

    column: str
    equals: str | None = None
    part: float | None = None


@dataclass(frozen=True)
class TopCustomers:
    """What `explain_top` found.

    `variables` has a row per number and per level of a class: feature, level, kind, n_top and n_rest (households of
    whom it is known and, for a level, that have it), top and rest (mean, or share in %), difference with its interval,
    effect (standardised difference: 0.2 small, 0.5 middling, 0.8 large) with its interval, suppressed; the largest
    effects first. `model` has a row per variable of the small model: feature, level, nl, en, odds (odds ratio per
    standard deviation, or of having the level) with its interval. `households` are the keys of the top customers and
    `others` those of the other customers: they leave only in a reference group, and never on a page.
    """

    about: About
    rule: TopRule
    report: MatchReport
    n_top: int
    n_rest: int
    variables: pd.DataFrame
    model: pd.DataFrame
    n_model: int
    households: pa.Array = field(repr=False)
    others: pa.Array = field(repr=False)

    def __repr__(self) -> str:
        return f"TopCustomers({self.n_top:,} of {self.n_top + self.n_rest:,}) · next: write_top_reference(…)"

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name."""
        return {"variables": self.variables, "model": self.model}


def explain_top(
    upload: Upload, rule: TopRule, book: AddressBook, published: Published, store: HouseholdStore
) -> TopCustomers:
    """What sets the households of top customers apart from those of the other customers.

    Parameters
    ----------
    store : the household file that book and profile were made of; its hard features are the variables.

    Raises
    ------
    UploadError
        When the column is not there, or its values are no numbers.
    ProfileError
        When either side has fewer than 50 households, or files do not belong together.
    """
    check_belonging(book, [published])
    marked = top_rows(upload, rule)
    customers = find_customers(upload, book)
    rows = customers.matches.table.sort_by("row")
    house = rows.column("household_id")
    found = pd.DataFrame({"household": house.to_pandas(), "top": marked}).dropna()
    # A household is a top customer when one of its members is.
    side = found.groupby("household")["top"].max()
    n_top, n_rest = int(side.sum()), int((~side).sum())
    if min(n_top, n_rest) < SMALLEST:
        few = Text("topklanten", "top customers") if n_top < n_rest else Text("andere klanten", "other customers")
        raise ProfileError(
            Text(
                f"Er zijn minder dan {SMALLEST} huishoudens van {few.nl} gevonden",
                f"fewer than {SMALLEST} households of {few} were found",
            ),
            where=customers.report.file,
            hint=Text(
                "Kies een ander deel van de klanten, of geef een groter bestand",
                "choose another part of the customers, or give a larger file",
            ),
        )
    table = _features(store, side)
    top = table.pop("top").to_numpy(dtype=bool)
    hard = store.population.config.hard
    variables = _variables(table, top, hard, published.settings.minimum_cell)
    model, n_model = small_model(table, top, variables)
    return TopCustomers(
        about=about(published),
        rule=rule,
        report=customers.report,
        n_top=n_top,
        n_rest=n_rest,
        variables=variables,
        model=model,
        n_model=n_model,
        households=pa.array(sorted(side[side].index), pa.string()),
        others=pa.array(sorted(side[~side].index), pa.string()),
    )


def top_rows(upload: Upload, rule: TopRule) -> NDArray[np.bool_]:
    """Which rows of a file are top customers; shape (rows,)."""
    heads = [each.strip() for each in upload.headings]
    if rule.column not in heads:
        raise UploadError(
            Text(f"Er is geen kolom '{rule.column}'", f"has no column '{rule.column}'")
            + did_you_mean(rule.column, heads),
            where=upload.sheet.name,
            hint=Text(
                "Noem de kolom die zegt wie de topklanten zijn", "name the column that says who the top customers are"
            ),
        )
    texts = [str(each or "").strip() for each in upload.rows.column(heads.index(rule.column)).to_pylist()]
    if rule.equals is not None:
        return np.array([each == rule.equals for each in texts], dtype=bool)
    if rule.part is None or not 0 < rule.part < 1:
        raise UploadError(
            Text(f"Een deel van {rule.part} is geen top", f"a part of {rule.part} of the customers is no top"),
            hint=Text("Geef --top 0.2, of --equals goud", "give --top 0.2, or --equals gold"),
        )
    values = np.array([_number(each) for each in texts])
    known = values[np.isfinite(values)]
    if len(known) < len(values) / 2:
        n = len(values) - len(known)
        raise UploadError(
            Text(
                f"{n} van de {len(values)} waarden van '{rule.column}' zijn geen getal",
                f"{n:,} of {len(values):,} values of '{rule.column}' are no numbers",
            ),
            where=upload.sheet.name,
        )
    border = np.sort(known)[::-1][max(int(np.ceil(rule.part * len(known))) - 1, 0)]
    return np.asarray(np.nan_to_num(values, nan=-np.inf) >= border, dtype=bool)


def _number(text: str) -> float:
    try:
        return float(text.replace(".", "").replace(",", ".") if "," in text else text)
    except ValueError:
        return float("nan")


def _features(store: HouseholdStore, side: pd.Series[bool]) -> pd.DataFrame:
    """Hard features of the customers' households, and whether each is a top customer."""
    wanted = pa.array(side.index, pa.string())
    columns = ["household_id", *store.population.config.hard]
    parts = []
    for batch in store.batches(columns, text="reading the features"):
        parts.append(batch.filter(pc.is_in(batch.column(0), value_set=wanted)))
    table: pd.DataFrame = pa.Table.from_batches(parts).to_pandas().set_index("household_id")
    return table.assign(top=side.reindex(table.index).to_numpy(dtype=bool)).sort_index()


def _variables(
    table: pd.DataFrame, top: NDArray[np.bool_], hard: Mapping[str, HardFeature], minimum: int
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for name, feature in hard.items():
        said = {"feature": name, "nl": feature.nl or name, "en": feature.en or feature.nl or name}
        values = table[name]
        if feature.kind == "numeric":
            rows.append(
                said | {"level": "", "level_nl": "", "level_en": "", "kind": "number"} | _means(values, top, minimum)
            )
        else:
            rows += [said | each for each in _levels(values, top, feature, minimum)]
    found = pd.DataFrame(rows, columns=list(VARIABLES))
    order = found["effect"].abs().sort_values(ascending=False, kind="stable", na_position="last").index
    return found.loc[order].reset_index(drop=True)


def _means(values: pd.Series[Any], top: NDArray[np.bool_], minimum: int) -> dict[str, Any]:
    """Means, their difference (Welch) and Cohen's d with its interval (Hedges and Olkin 1985, formula 5.14)."""
    number = values.to_numpy(dtype=np.float64, na_value=np.nan)
    one, other = number[top & np.isfinite(number)], number[~top & np.isfinite(number)]
    if min(len(one), len(other)) < max(minimum, 2):
        return {"suppressed": True}
    a, b = len(one), len(other)
    gap = float(one.mean() - other.mean())
    error = float(np.sqrt(one.var(ddof=1) / a + other.var(ddof=1) / b))
    spread = float(np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2.0))
    figures = {"n_top": a, "n_rest": b, "top": float(one.mean()), "rest": float(other.mean())}
    figures |= {"difference": gap, "difference_low": gap - Z * error, "difference_high": gap + Z * error}
    return figures | _effect(gap / spread if spread else np.nan, a, b) | {"suppressed": False}


def _levels(values: pd.Series[Any], top: NDArray[np.bool_], feature: HardFeature, minimum: int) -> list[dict[str, Any]]:
    """Every level of a class: shares, their difference (Newcombe), and the standardised difference of shares.

    Austin, P. C. (2009), "Using the standardized difference to compare the prevalence of a binary variable between two
    groups in observational research", Communications in Statistics 38, 1228–1234.
    """
    known = values.notna().to_numpy()
    a, b = int((known & top).sum()), int((known & ~top).sum())
    text = values.astype(str)
    counts = pd.DataFrame({"top": text[known & top].value_counts(), "rest": text[known & ~top].value_counts()}).fillna(
        0
    )
    # A level that nobody has is a level too: left out, it would say "nobody" where the rule says "fewer than ten".
    order = [*feature.levels, *sorted(set(counts.index) - set(feature.levels))]
    counts = counts.reindex(order, fill_value=0).astype(int)
    cells = pd.concat([pd.DataFrame({"top": [a], "rest": [b]}, index=["*"]), counts]).rename_axis("cell").reset_index()
    marked = suppress(
        cells, count="top", base="rest", derived=[], parents={"cell": dict.fromkeys(order, "*")}, minimum=minimum
    )
    hidden = marked.set_index("cell")[SUPPRESSED]
    rows = []
    for level, (n, m) in zip(order, counts.itertuples(index=False), strict=True):
        label = feature.labels.get(level)
        said = {"level": level, "level_nl": label.nl if label else level, "level_en": label.en if label else level}
        row: dict[str, Any] = {**said, "kind": "level", "suppressed": bool(hidden[level] or hidden["*"])}
        if not row["suppressed"]:
            p, q = n / a, m / b
            gap, low, high = share_difference(n, a, m, b)
            spread = np.sqrt((p * (1 - p) + q * (1 - q)) / 2.0)
            row |= {"n_top": n, "n_rest": m, "top": 100 * p, "rest": 100 * q}
            row |= {"difference": 100 * gap, "difference_low": 100 * low, "difference_high": 100 * high}
            row |= _effect((p - q) / spread if spread else np.nan, a, b)
        rows.append(row)
    return rows


def _effect(d: float, a: int, b: int) -> dict[str, float]:
    error = np.sqrt((a + b) / (a * b) + d * d / (2.0 * (a + b)))
    return {"effect": d, "effect_low": d - Z * error, "effect_high": d + Z * error}


def feature_names(variables: pd.DataFrame) -> Sequence[str]:
    """Features in the order of their strongest effect."""
    return list(variables["feature"].drop_duplicates())
