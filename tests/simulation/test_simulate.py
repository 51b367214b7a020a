"""What a simulated country must hold, counted in DuckDB on the files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import shapely
from pydantic import ValidationError

from profiling.artefacts import file_sha256, is_complete, read_manifest
from profiling.errors import ConfigError
from profiling.population.config import LEVELS, load_population
from profiling.population.scheme import load_scheme
from profiling.simulation.interests import PLANTED as PLANTED_INTERESTS
from profiling.simulation.segments import PLANTED
from profiling.simulation.settings import SimulationSettings, identity
from profiling.simulation.simulate import simulate

ROOT = Path(__file__).parents[2]
SEEDS = {"A01", "A02", "A03", "A04", "C09", "D16", "D17", "D18", "D19"}


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(SimulationSettings(households=100_000, seed=3), tmp_path_factory.mktemp("simulated") / "nl")


def rows(query: str, country: Path) -> list[tuple]:
    sql = query
    for name in ("loans", "members", "truth"):
        sql = sql.replace(f"<{name}>", f"'{country}/{name}.parquet'")
    for name in ("collections", "branches", "work_areas", "areas", "optout"):
        sql = sql.replace(f"<{name}>", f"read_csv('{country}/{name}.csv', all_varchar = true)")
    sql = sql.replace("<households>", f"'{country}/households/*.parquet'")
    with duckdb.connect(config={"threads": 2}) as base:
        return base.execute(sql).fetchall()


def one(query: str, country: Path) -> float:
    return float(rows(query, country)[0][0])


# The lending rule of the first profile, written out by hand.
REFERENCE = """
    easy as (
        select distinct loan_id, patron, upper(replace(postcode, ' ', '')) as postcode,
            trim(house_number) as house_number, upper(trim(coalesce(addition, ''))) as addition
        from <loans>
        where card_type = 'adult' and borrower_age >= 18 and collection in ('MLV', 'TPN')
            and lent_on >= date '2025-10-01' and lent_on < date '2026-10-01'
    ),
    readers as (select patron, postcode, house_number, addition from easy group by all having count(*) >= 2),
    grouped as (
        select distinct h.household_id from readers r join <households> h
        on h.postcode = r.postcode and h.house_number::varchar = r.house_number
        and upper(coalesce(h.addition, '')) = r.addition
    )
"""


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    small = SimulationSettings(households=10_000, seed=5)
    first, second = simulate(small, tmp_path / "a"), simulate(small, tmp_path / "b")
    names = sorted(str(path.relative_to(first)) for path in first.rglob("*") if path.is_file())
    assert len(names) == 23
    assert [file_sha256(first / name) for name in names] == [file_sha256(second / name) for name in names]
    other = simulate(SimulationSettings(households=10_000, seed=6), tmp_path / "c")
    assert read_manifest(other)["files"]["truth.parquet"] != read_manifest(first)["files"]["truth.parquet"]
    assert is_complete(first, identity(small))
    assert not is_complete(other, identity(small))


def test_size_is_bounded() -> None:
    for households in (9_999, 9_000_001):
        with pytest.raises(ValidationError, match="households"):
            SimulationSettings(households=households)


def test_the_population_configuration_names_every_column(country: Path) -> None:
    config = load_population(ROOT / "configs/populations/simulated-nl.toml", data=country).config
    columns = set(pq.read_schema(country / "households/part-0000.parquet").names)
    soft = {column for channel in config.soft.values() for column in channel}
    named = {config.household, config.address.postcode, config.address.number, config.address.addition}
    named |= set(config.areas.levels.values()) | {config.segments.column} | set(config.hard) | soft
    assert named | set(config.excluded) == columns
    assert config.excluded == ("migration_background",)
    assert 38 <= len(config.hard) <= 45
    assert 38 <= len(soft) <= 42
    assert set(PLANTED_INTERESTS) <= soft
    assert set(config.truth.columns) | {"household_id"} == set(pq.read_schema(country / "truth.parquet").names)
    scheme = load_scheme(ROOT / "configs/segments/whize-11-59.toml")
    in_file = {row[0] for row in rows("select distinct segment from <households>", country)}
    assert in_file == {each.code for each in scheme.sub}
    assert {each.code for each in scheme.sub if each.nl} == SEEDS == set(PLANTED)


def test_ordinal_levels_are_the_values_in_the_file(country: Path) -> None:
    config = load_population(ROOT / "configs/populations/simulated-nl.toml", data=country).config
    for name, feature in config.hard.items():
        if feature.levels:
            found = rows(f"select distinct {name} from <households> where {name} is not null", country)
            assert {row[0] for row in found} == set(feature.levels), name


def test_the_nine_are_exactly_the_truly_over_represented(country: Path) -> None:
    index = dict(
        rows(
            """select segment, 100 * avg(low_literacy_nt1::int) / (select avg(low_literacy_nt1::int) from <truth>)
            from <households> join <truth> using (household_id) group by segment""",
            country,
        )
    )
    assert {code for code, value in index.items() if value > 100} == SEEDS
    assert min(index[code] for code in SEEDS) > 150
    assert max(value for code, value in index.items() if code not in SEEDS) <= 90
    share = one(
        "select avg((segment in ('A01','A02','A03','A04','C09','D16','D17','D18','D19'))::int) from <households>",
        country,
    )
    assert 0.15 < share < 0.22


@pytest.mark.parametrize(
    ("truth", "share"),
    [
        ("low_literacy_nt1", 0.080),
        ("low_literacy_nt2", 0.045),
        ("digitally_low_literate", 0.150),
        ("needs_digital_government_help", 0.180),
        ("student_living_away", 0.035),
        ("vulnerable_household_with_children", 0.045),
        ("studies_in_library", 0.030),
    ],
)
def test_truths_have_their_prevalence(country: Path, truth: str, share: float) -> None:
    assert one(f"select avg({truth}::int) from <truth>", country) == pytest.approx(share, rel=0.07)


def test_keys_and_rows(country: Path) -> None:
    assert one("select count(distinct household_id) from <households>", country) == 100_000
    same = one("select count(*) from <households> join <truth> using (household_id)", country)
    assert same == 100_000
    assert (
        one("select max(row_group_num_rows) from parquet_metadata('" + str(country) + "/truth.parquet')", country)
        == 65_536
    )
    # An id says nothing of where its household stands in the file.
    drift = one(
        """select abs(corr(substr(household_id, 2)::int, place)) from
        (select household_id, row_number() over () as place from <households>)""",
        country,
    )
    assert drift < 0.02


def test_postcodes(country: Path) -> None:
    bad = "not regexp_matches(postcode, '^[1-9][0-9]{3}[A-Z]{2}$') or right(postcode, 2) in ('SA', 'SD', 'SS', 'ZZ')"
    assert one(f"select count(*) from <households> where {bad}", country) == 0
    assert one("select max(n) from (select count(distinct buurt) n from <households> group by postcode)", country) == 1
    size = "select avg(n) from (select count(*) n from <households> group by postcode)"
    assert 15 < one(size, country) < 19
    assert (
        one(
            "select max(n) from (select count(distinct gemeente) n from <households> group by left(postcode, 4))",
            country,
        )
        == 1
    )


def test_addresses_are_unique_but_for_a_few(country: Path) -> None:
    shared = one(
        """select sum(n) / 100000 from (select count(*) n from <households>
        group by postcode, house_number, addition having n > 1)""",
        country,
    )
    assert 0.002 < shared < 0.009
    assert (
        one(
            "select max(n) from (select count(*) n from <households> group by postcode, house_number, addition)",
            country,
        )
        == 2
    )
    with_addition = one("select avg((addition is not null)::int) from <households>", country)
    assert 0.05 < with_addition < 0.30
    kinds = {row[0] for row in rows("select distinct addition from <households>", country)}
    assert {"A", "B", "1", "HS", "II", "bis"} <= kinds
    assert one("select avg((house_number % 2)::int) from <households>", country) == pytest.approx(0.5, abs=0.06)


def test_areas_are_nested_and_drawn(country: Path) -> None:
    for small, large in zip(LEVELS[:0:-1], LEVELS[-2::-1], strict=True):
        assert (
            one(f"select max(n) from (select count(distinct {large}) n from <households> group by {small})", country)
            == 1
        )
    assert one("select count(distinct provincie) from <households>", country) == 12
    assert 250 <= one("select count(distinct buurt) from <households>", country) <= 400
    for level in LEVELS:
        table = pq.read_table(country / f"polygons/{level}.parquet")
        assert table.column_names == ["code", "name", "geometry"]
        assert b'"code":28992' in table.schema.metadata[b"geo"]
        named = {row[0] for row in rows(f"select code from <areas> where level = '{level}'", country)}
        used = {row[0] for row in rows(f"select distinct {level} from <households>", country)}
        assert used <= named
        assert set(table["code"].to_pylist()) == named


def test_polygons_fill_the_country_without_overlap(country: Path) -> None:
    area = {}
    for level in LEVELS:
        shapes = shapely.from_wkb(pq.read_table(country / f"polygons/{level}.parquet")["geometry"].to_pylist())
        assert shapely.is_valid(shapes).all()
        area[level] = shapely.area(shapes).sum(), shapely.union_all(shapes).area
    whole = area["provincie"][1]
    for total, joined in area.values():
        assert total == pytest.approx(whole, rel=1e-3)
        assert joined == pytest.approx(whole, rel=1e-3)


def test_the_reference_group_is_large_enough_and_dirty_as_asked(country: Path) -> None:
    members, dirty = rows(
        f"with {REFERENCE} select count(*), avg((not low_literacy_nt1)::int) from grouped join <truth> using (household_id)",
        country,
    )[0]
    assert members >= 600
    assert 0.07 < dirty < 0.18


def test_dirt_is_a_setting(tmp_path: Path) -> None:
    share = {}
    for dirt in (0.0, 0.5):
        out = simulate(SimulationSettings(households=30_000, seed=3, dirt=dirt), tmp_path / str(dirt))
        share[dirt] = one(
            f"with {REFERENCE} select avg((not low_literacy_nt1)::int) from grouped join <truth> using (household_id)",
            out,
        )
    assert share[0.0] < 0.06
    assert 0.40 < share[0.5] < 0.60


def test_helpers_can_be_told_from_readers(country: Path) -> None:
    """Those who borrow easy books for others have children's or teaching material on the same card."""
    shares = dict(
        rows(
            f"""with {REFERENCE}, other as (
                select patron, max((collection in ('JPB', 'JBC', 'JIN', 'MLP', 'DID', 'NT2'))::int) as traces,
                    sum((collection in ('JPB', 'JBC', 'JIN', 'MLP', 'DID', 'NT2'))::int) as n
                from <loans> group by patron
            )
            select low_literacy_nt1, avg((n >= 4)::int) from readers r join other o using (patron)
            join <households> h on h.postcode = r.postcode and h.house_number::varchar = r.house_number
                and upper(coalesce(h.addition, '')) = r.addition
            join <truth> using (household_id) group by 1""",
            country,
        )
    )
    assert shares[False] > 0.5
    assert shares[True] < 0.1


def test_lending_has_every_kind_of_dirt(country: Path) -> None:
    total = one("select count(*) from <loans>", country)
    repeated = total - one("select count(distinct loan_id) from <loans>", country)
    assert 0.002 < repeated / total < 0.008
    assert one("select count(*) from (select distinct * from <loans>)", country) == total - repeated
    late = one(
        "select count(*) from <loans> where lent_on >= date '2026-10-01' or lent_on < date '2020-01-01'", country
    )
    assert 0.0003 < late / total < 0.003
    assert 0.01 < one("select avg((borrower_age is null)::int) from <loans>", country) < 0.03
    sloppy = "not regexp_matches(postcode, '^[1-9][0-9]{3}[A-Z]{2}$')"
    assert 0.04 < one(f"select avg(({sloppy})::int) from <loans>", country) < 0.14
    assert one("select count(*) from <loans> where house_number like '%-%'", country) > 0
    kinds = {row[0] for row in rows("select distinct card_type from <loans>", country)}
    assert kinds == {"adult", "youth", "school", "staff", "institution"}
    assert one("select count(*) from <loans> where card_type = 'adult' and borrower_age < 18", country) > 0
    found = one(
        """select avg((h.postcode is not null)::int) from (select distinct patron, postcode, house_number from <loans>
        where card_type = 'adult') l left join (select distinct postcode, house_number::varchar number from <households>) h
        on h.postcode = upper(replace(l.postcode, ' ', '')) and h.number = l.house_number""",
        country,
    )
    assert 0.93 < found < 0.985


def test_loans_belong_to_members_of_libraries_that_take_part(country: Path) -> None:
    assert one("select count(*) from <loans> anti join <members> using (patron)", country) == 0
    assert one("select count(*) from <loans> anti join <collections> c on c.code = collection", country) == 0
    assert one("select count(*) from <members>", country) == one(
        "select count(distinct patron) from <members>", country
    )
    assert one("select count(*) from <members> anti join <branches> using (branch)", country) == 0
    assert one("select avg((card_type = 'adult')::int * 1.0) from <members>", country) > 0.4


def test_fewer_libraries_deliver_fewer_loans(country: Path, tmp_path: Path) -> None:
    out = simulate(SimulationSettings(households=30_000, seed=3, libraries=1), tmp_path / "one")
    assert rows(
        "select sum(n) from (select count(distinct library) n from <work_areas> where takes_part = '1')", out
    ) == [(1,)]
    served = "select count(distinct library) from <members> join <branches> using (branch)"
    assert one(served, out) == 1
    assert one(served, country) == one("select count(distinct library) from <work_areas>", country)


def test_more_libraries_than_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'libraries' is 99, but this country has"):
        simulate(SimulationSettings(households=10_000, libraries=99), tmp_path / "nl")
    assert not list(tmp_path.iterdir())


def test_planted_interests_follow_the_truth(country: Path) -> None:
    for name, sign in PLANTED_INTERESTS.items():
        index = one(
            f"""select avg({name}) filter (low_literacy_nt1) / avg({name})
            from <households> join <truth> using (household_id)""",
            country,
        )
        assert (index - 1) * sign > 0.02, (name, index)
    agree = "select avg((hobby_watching_tv = media_television_series)::int) from <households>"
    assert one(agree, country) > 0.9


def test_opt_outs_are_addresses_of_the_file(country: Path) -> None:
    lost = one(
        """select count(*) from <optout> o anti join <households> h on h.postcode = o.postcode
        and h.house_number::varchar = o.house_number and coalesce(h.addition, '') = coalesce(o.addition, '')""",
        country,
    )
    assert lost == 0
    assert one("select count(*) from <optout>", country) == pytest.approx(4_000, rel=0.1)


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux only")
def test_households_are_never_all_in_memory(country: Path) -> None:
    """Four times the households may not take even half as much memory again."""
    code = """
import resource, sys
from pathlib import Path
from profiling.simulation.settings import SimulationSettings
from profiling.simulation.simulate import simulate
simulate(SimulationSettings(households=int(sys.argv[1]), seed=1), Path(sys.argv[2]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    peak = {}
    for households in (70_000, 280_000):
        out = country.parent / f"memory-{households}"
        done = subprocess.run(
            [sys.executable, "-c", code, str(households), str(out)], check=True, capture_output=True, text=True
        )
        peak[households] = int(done.stdout)
    assert peak[280_000] < 1.5 * peak[70_000]
