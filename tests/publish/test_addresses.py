"""Address selections against SQL over the published households, and attacks on what may not leak."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
import tomli_w

from profiling.artefacts import ArtefactError
from profiling.errors import ProfileError, SelectionError
from profiling.population.config import load_population
from profiling.population.store import HouseholdStore, open_population
from profiling.profiles import library as profile_library
from profiling.profiles.policy import SelectionPolicy, load_policy
from profiling.publish import selections
from profiling.publish.address_request import Request
from profiling.publish.addresses import AddressSelection, Available, count_addresses, select_addresses
from profiling.publish.opt_outs import OptOuts, read_opt_outs
from profiling.publish.published import Published, open_published
from profiling.reporting.address_page import address_page, address_workbook
from profiling.reporting.markdown import render as markdown
from tests.by_hand import publish_by_hand
from tests.tiny import tiny_country

DAY = datetime.date(2026, 10, 5)
TOWN = "GM0103"
POLICY = {
    "opt_outs": [
        {"name": "postfilter", "nl": "Postfilter", "en": "Postfilter", "files": "postfilter-*.csv"}
        | {"columns": {"postcode": "pc", "number": "nr", "addition": "ext"}}
    ]
}


@dataclass(frozen=True)
class Place:
    """Everything that a selection needs."""

    library: Path
    published: Published
    store: HouseholdStore
    policy: SelectionPolicy
    opt_outs: tuple[OptOuts, ...]
    folder: Path

    def select(self, register: Path, on: datetime.date = DAY, **asked: Any) -> AddressSelection:
        given = {"purpose": "taalcursus", "requester": "Bibliotheek X", "areas": (TOWN,), "control": 0.0} | asked
        shared = {"policy": self.policy, "opt_outs": self.opt_outs, "register": register, "on": on}
        return select_addresses(self.published, self.store, Request(**given), **shared)

    def count(self, register: Path, on: datetime.date = DAY, **asked: Any) -> Available:
        shared = {"policy": self.policy, "opt_outs": self.opt_outs, "register": register, "on": on}
        areas = asked.pop("areas", [TOWN])
        return count_addresses(self.published, self.store, areas, **{**shared, **asked})

    def sql(self, query: str, **values: Any) -> list[Any]:
        """Rows of a query over the published households joined with the raw household file."""
        made = query.replace(
            "{}",
            f"(SELECT * FROM read_parquet('{self.published.households}') AS scored JOIN "
            f"read_parquet('{self.folder}/households.parquet') AS raw ON household_id = key)",
        )
        return duckdb.execute(made, values or None).fetchall()


def unlikely_in_one_buurt(households: pd.DataFrame) -> np.ndarray:
    """Scores at random, but low in one buurt of the town."""
    scores = np.random.default_rng(3).random(len(households))
    return np.where(households["bu"] == f"{TOWN.replace('GM', 'BU')}0100", scores * 0.82, scores)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("addresses")
    tiny = tiny_country()
    tiny.households.loc[tiny.households["gem"] == TOWN, "ext"] = tiny.households["ext"].where(
        tiny.households.index % 50 != 0, "=1+1"
    )
    published, store = publish_by_hand(tiny, folder, score=unlikely_in_one_buurt)
    path = folder / "country" / "selections.toml"
    path.write_text(tomli_w.dumps(POLICY), encoding="utf-8")
    listed = duckdb.execute(
        "SELECT pc, nr, ext FROM read_parquet(?) AS raw JOIN read_parquet(?) AS scored ON household_id = key "
        "WHERE in_profile AND gemeente = ? ORDER BY key LIMIT 14",
        [str(folder / "country" / "households.parquet"), str(published.households), TOWN],
    ).fetchall()
    lines = ["pc;nr;ext", *(f"{pc[:4]} {pc[4:].lower()};{nr};{(ext or '').lower()}" for pc, nr, ext in listed)]
    (path.parent / "postfilter-2026-09-20.csv").write_text("\n".join(lines) + "\nonzin;x;\n", encoding="utf-8")
    (path.parent / "postfilter-2026-08-20.csv").write_text("pc;nr;ext\n", encoding="utf-8")
    policy = load_policy(path)
    opt_outs = read_opt_outs(policy, path, data=None, on=DAY)
    return Place(folder / "library", published, store, policy, opt_outs, folder / "country")


ALLOWED = (
    "FROM {} WHERE in_profile AND gemeente = $town AND key NOT IN (SELECT key FROM {} WHERE in_profile AND "
    "gemeente = $town ORDER BY key LIMIT 14)"
)


def keys(register: Path, made: AddressSelection, arm: str = "mail") -> set[str]:
    table = pq.read_table(register / f"{made.entry.id}.households.parquet").to_pandas()
    return set(table.loc[table["arm"] == arm, "household_id"])


def test_the_highest_are_those_of_sql(place: Place, tmp_path: Path) -> None:
    n = place.sql(f"SELECT count(*) {ALLOWED}", town=TOWN)[0][0]
    assert place.count(tmp_path).n == n // 10 * 10 > 40
    made = place.select(tmp_path, wished=30)
    expected = place.sql(f"SELECT pc, nr, key {ALLOWED} ORDER BY rank LIMIT 30", town=TOWN)
    assert keys(tmp_path, made) == {key for *_, key in expected}
    rows = made.addresses.to_pylist()
    assert sorted((row["postcode"].replace(" ", ""), str(row["number"])) for row in rows) == sorted(
        (pc, nr) for pc, nr, _ in expected
    )
    assert made.addresses.column_names == ["postcode", "number", "addition", "gemeente"]
    assert rows == sorted(rows, key=lambda row: (row["postcode"], row["number"]))


def test_at_random_is_at_random_and_can_be_repeated(place: Place, tmp_path: Path) -> None:
    drawn = [
        keys(tmp_path / str(i), place.select(tmp_path / str(i), wished=30, order="random", seed=seed))
        for i, seed in enumerate((1, 1, 2))
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    best = {key for (key,) in place.sql(f"SELECT key {ALLOWED} ORDER BY rank LIMIT 30", town=TOWN)}
    assert drawn[0] != best
    assert drawn[0] | drawn[2] <= {key for (key,) in place.sql(f"SELECT key {ALLOWED}", town=TOWN)}


def test_without_a_seed_every_selection_has_its_own_lot(place: Place, tmp_path: Path) -> None:
    first = place.select(tmp_path, wished=20, order="random", repeat=True)
    second = place.select(tmp_path, wished=20, order="random", repeat=True)
    assert first.entry.seed != second.entry.seed
    again = place.select(tmp_path / "again", wished=20, order="random", seed=first.entry.seed)
    assert keys(tmp_path / "again", again) == keys(tmp_path, first)  # the seed in the register draws it again


def test_the_workbook_holds_addresses_and_nothing_of_scores(place: Place, tmp_path: Path) -> None:
    made = place.select(tmp_path, control=0.2)
    content = address_workbook(made)
    book = openpyxl.load_workbook(BytesIO(content))
    text = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    everyone = {key for (key,) in place.sql("SELECT key FROM {}")}
    assert not text & everyone
    assert not any(each.casefold() == "score" or "rank" in each.casefold() for each in text)
    sheet = book["Adressen"]
    assert sheet.max_row == 4 + made.entry.n_selected
    assert {cell.value for cell in sheet["A"][4:]} == {"Aan de bewoners van"}
    assert any(cell.value == "=1+1" and cell.data_type == "s" for cell in sheet["C"])
    assert "Postfilter: www.postfilter.nl" in markdown(address_page(made))
    assert "right to object" in markdown(address_page(made, "en"))
    assert address_workbook(made) == content


def test_the_control_group_does_not_leak(place: Place, tmp_path: Path) -> None:
    made = place.select(tmp_path, wished=24, control=0.2)
    mail, control = keys(tmp_path, made), keys(tmp_path, made, "control")
    assert (len(mail), len(control)) == (made.entry.n_selected, made.entry.n_control) == (24, 6)
    assert not mail & control
    top = {key for (key,) in place.sql(f"SELECT key {ALLOWED} ORDER BY rank LIMIT 30", town=TOWN)}
    assert mail | control == top  # both arms come from the same households, so they can be compared
    held = [f"{pc[:4]} {pc[4:]}{nr}" for pc, nr in place.sql(
        "SELECT pc, nr FROM {} WHERE list_contains($keys, key)", keys=sorted(control))]  # fmt: skip
    assert not set(held) & {f"{row['postcode']}{row['number']}" for row in made.addresses.to_pylist()}
    later = place.select(tmp_path, requester="Een ander", wished=10)
    assert not keys(tmp_path, later) & (mail | control)  # nobody of the control group gets a letter meanwhile


def test_the_control_group_is_drawn_by_lot(place: Place, tmp_path: Path) -> None:
    ranks = dict(place.sql("SELECT key, rank FROM {}"))
    below = 0
    for seed in range(12):
        register = tmp_path / str(seed)
        made = place.select(register, control=0.3, seed=seed)
        mail, control = keys(register, made), keys(register, made, "control")
        ordered = sorted(mail | control, key=lambda key: ranks[key])
        below += sum(key in control for key in ordered[: len(ordered) // 2])
        total = made.entry.n_control
    share = below / (12 * total)
    assert 0.38 < share < 0.62  # as many of the higher half as of the lower


def test_running_selections_are_not_drawn_again(place: Place, tmp_path: Path) -> None:
    first = place.select(tmp_path, wished=20)
    second = place.select(tmp_path, wished=20)
    assert not keys(tmp_path, first) & keys(tmp_path, second)
    again = place.select(tmp_path, wished=20, repeat=True)
    assert keys(tmp_path, again) == keys(tmp_path, first)
    assert again.entry.repeated
    assert place.count(tmp_path).n == place.count(tmp_path / "empty").n - 40


def test_expired_and_destroyed_selections(place: Place, tmp_path: Path) -> None:
    first = place.select(tmp_path, wished=20)
    last_day, after = DAY + datetime.timedelta(28), DAY + datetime.timedelta(29)
    fresh = tuple(replace(each, date=after) for each in place.opt_outs)
    later = replace(place, opt_outs=fresh)
    assert selections.expired(tmp_path, last_day) == ()
    assert selections.expired(tmp_path, after) == (first.entry,)
    with pytest.raises(SelectionError, match="not confirmed the destruction"):
        later.select(tmp_path, after, requester="bibliotheek  x")
    other = later.select(tmp_path, after, requester="Een ander", wished=20)
    assert keys(tmp_path, other) == keys(tmp_path, first)
    gone = selections.destroy(tmp_path, first.entry.id, by="J. Jansen", on=after)
    assert (gone.status(after), gone.destroyed_by) == ("destroyed", "J. Jansen")
    assert not (tmp_path / f"{first.entry.id}.households.parquet").exists()
    assert selections.expired(tmp_path, after) == ()
    for by, message in (("J. Jansen", "was destroyed"), ("  ", "missing")):
        with pytest.raises(SelectionError, match=message):
            selections.destroy(tmp_path, first.entry.id, by=by, on=after)
    with pytest.raises(SelectionError, match="did you mean"):
        selections.find(tmp_path, "2026-10-05-1")


def test_a_selection_cannot_be_dated_back(place: Place, tmp_path: Path) -> None:
    place.select(tmp_path, wished=20)
    with pytest.raises(SelectionError, match="dated back"):
        place.select(tmp_path, DAY - datetime.timedelta(1), requester="Een ander")


def test_all_faults_of_a_request_come_together(place: Place, tmp_path: Path) -> None:
    with pytest.raises(SelectionError) as error:
        place.select(tmp_path, purpose=" ", requester="", wished=3, control=0.9, order="best")
    for part in ("purpose", "requester", "3 addresses", "0.9", "'best'"):
        assert part in str(error.value)
    without = replace(place, opt_outs=())
    with pytest.raises(SelectionError, match="'postfilter' was not given"):
        without.select(tmp_path)
    assert selections.entries(tmp_path) == ()


def test_unknown_areas_are_refused(place: Place, tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match="2 areas are unknown") as error:
        place.select(tmp_path, areas=("GM0193", TOWN, "BU"))
    assert "did you mean 'GM010" in str(error.value)
    with pytest.raises(SelectionError, match="no area is named"):
        place.select(tmp_path, areas=())


def test_the_difference_of_two_counts_does_not_tell_a_small_area(place: Place, tmp_path: Path) -> None:
    table = pq.read_table(place.published.folder / "areas_buurt.parquet").to_pandas()
    hidden = table.loc[table["suppressed"], "code"].tolist()
    assert hidden
    for small in hidden[:3]:
        others = [code for code in table["code"] if code != small][:6]
        for i in range(1, len(others) + 1):
            with_it, without = (place.count(tmp_path, areas=each).n for each in ((small, *others[:i]), others[:i]))
            assert (with_it - without) % 10 == 0
    with pytest.raises(SelectionError, match="fewer than 10"):
        place.count(tmp_path, areas=[f"{TOWN.replace('GM', 'BU')}0100"])


def test_too_few_left_is_not_counted(place: Place, tmp_path: Path) -> None:
    n = place.sql(f"SELECT count(*) {ALLOWED}", town=TOWN)[0][0]
    place.select(tmp_path, wished=n - 5)
    with pytest.raises(SelectionError, match="fewer than 10"):
        place.count(tmp_path)


def test_a_small_number_of_opt_outs_is_not_said(place: Place, tmp_path: Path) -> None:
    listed = place.opt_outs[0]
    few = replace(place, opt_outs=(replace(listed, addresses=listed.addresses.slice(0, 3)),))
    assert few.count(tmp_path).removed["postfilter"] is None
    assert place.count(tmp_path).removed["postfilter"] == 14
    assert "niet getoond" in markdown(address_page(few.select(tmp_path, wished=20)))


def test_other_households_and_withdrawn_profiles_are_refused(place: Place, tmp_path: Path) -> None:
    other = tiny_country(seed=5)
    other.write(tmp_path / "other")
    strange = replace(place, store=open_population(load_population(tmp_path / "other" / "population.toml")))
    with pytest.raises(SelectionError, match="are not those of the profile"):
        strange.select(tmp_path / "register")
    copied = tmp_path / "library" / "tiny-profile"
    copied.mkdir(parents=True)
    (copied / "status.json").write_bytes((place.library / "tiny-profile" / "status.json").read_bytes())
    listed = profile_library.find(tmp_path / "library", "tiny-profile")
    profile_library.set_status(tmp_path / "library", listed, "withdrawn", "fout in de uitleningen")
    with pytest.raises(ProfileError, match="fout in de uitleningen"):
        open_published(tmp_path / "library", "tiny-profile")


def test_nothing_leaves_when_the_register_cannot_be_written(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ArtefactError("the disk is full")

    monkeypatch.setattr(selections, "write_json", broken)
    with pytest.raises(ArtefactError):
        place.select(tmp_path, wished=20)
    assert selections.entries(tmp_path) == ()
    assert len(selections.held(tmp_path, DAY)) == 0


def test_the_register_holds_no_address_and_no_score(place: Place, tmp_path: Path) -> None:
    made = place.select(tmp_path, wished=20)
    said = (tmp_path / f"{made.entry.id}.json").read_text(encoding="utf-8")
    assert not any(row["postcode"].replace(" ", "") in said for row in made.addresses.to_pylist())
    table = pq.read_table(tmp_path / f"{made.entry.id}.households.parquet")
    assert table.column_names == ["household_id", "arm"]
    assert selections.find(tmp_path, made.entry.id) == made.entry
    (tmp_path / "2026-10-05-09.json").write_text("{", encoding="utf-8")
    with pytest.raises(SelectionError, match="damaged"):
        selections.entries(tmp_path)


def test_a_street_goes_along_where_the_file_has_it(tmp_path: Path) -> None:
    tiny = tiny_country()
    tiny.households["road"] = "Laan 1940-1945"
    tiny.population["address"]["street"] = "road"
    published, store = publish_by_hand(tiny, tmp_path)
    rules = SelectionPolicy.model_validate(POLICY)
    listed = read_empty(tmp_path)
    shared = {"policy": rules, "opt_outs": listed, "register": tmp_path / "register", "on": DAY}
    made = select_addresses(published, store, Request("taalcursus", "Bieb", (TOWN,), 20), **shared)
    sheet = openpyxl.load_workbook(BytesIO(address_workbook(made)))["Adressen"]
    assert [cell.value for cell in sheet[4]][:3] == ["Aanhef", "Straat", "Huisnummer"]
    assert {cell.value for cell in sheet["B"][4:]} == {"Laan 1940-1945"}


def read_empty(folder: Path) -> tuple[OptOuts, ...]:
    """A list with nobody on it."""
    path = folder / "selections.toml"
    path.write_text(tomli_w.dumps(POLICY), encoding="utf-8")
    (folder / "postfilter-2026-10-01.csv").write_text("pc;nr;ext\n", encoding="utf-8")
    return read_opt_outs(load_policy(path), path, data=None, on=DAY)
