"""The address parser: hand-read texts, real addresses, and writing an address in many ways and reading it back."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiling.population.address_columns import read_addresses
from profiling.population.address_text import Address, parse_address, parse_number
from profiling.population.addresses import address_keys

TEXTS = Path(__file__).parent / "data" / "free_texts.csv"


def parts(parsed: Address) -> tuple[str, str, str]:
    number = "" if parsed.number is None else str(parsed.number)
    return parsed.postcode or "", number, parsed.addition


@pytest.mark.parametrize(
    ("text", "beside", "number", "addition", "flags"),
    [
        ("12", "", 12, "", ()),
        ("12", "A", 12, "A", ()),
        ("12-3", "", 12, "3", ("range_or_addition",)),
        ("16-8", "", 16, "8", ("range_or_addition",)),
        ("51", "-53", 51, "53", ("range_or_addition",)),
        ("12 3", "", 12, "3", ("range_or_addition",)),
        ("12a-14", "", 12, "A14", ("range_or_addition",)),
        ("12a-c", "", 12, "AC", ("range_or_addition",)),
        ("12 t/m 18", "", 12, "TM18", ("range",)),
        ("12 III", "", 12, "III", ()),
        ("3HS", "", 3, "HS", ()),
        ("23 - II", "", 23, "II", ()),
        ("23 – II", "", 23, "II", ()),
        ("159a", "", 159, "A", ()),
        ("12A-2", "", 12, "A2", ()),
        ("12", "01", 12, "01", ()),
        ("12A", "a", 12, "A", ()),
        ("nr. 5", "", 5, "", ()),
        ("0012.0", "", 12, "", ()),
        ("12 bis", "", 12, "BIS", ()),
        ("12 2hoog", "", 12, "2HOOG", ()),
        ("Kerkstraat 12b", "", 12, "B", ("street_line",)),
        ("12 Kerkstraat", "", 12, "KERKSTRAAT", ("unusual_addition",)),
        ("2026-03-12", "", None, "", ("date",)),
        ("12-mrt", "", None, "", ("date",)),
        ("123456", "", None, "", ("no_number",)),
        ("A", "", None, "", ("no_number",)),
        ("", "", None, "", ("no_number",)),
    ],
)
def test_numbers(text: str, beside: str, number: int | None, addition: str, flags: tuple[str, ...]) -> None:
    parsed = parse_number(text, beside)
    assert (parsed.number, parsed.addition, parsed.flags) == (number, addition, flags)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Laan 1940-1945 37", ("", "37", "")),
        ("Laan 1940-'45 66, 1234 AB Ede", ("1234AB", "66", "")),
        ("1e Exloërmond 12 9574 PA 2e Exloërmond", ("9574PA", "12", "")),
        ("1213-laan 11", ("", "11", "")),
        ("Provincialeweg N205 1, NL-1234 AB Ede", ("1234AB", "1", "")),
        ("Marienwaerdt 2e Dreef 2", ("", "2", "")),
        ("Nieuwe gracht 20zw /2", ("", "20", "ZW2")),
        ("Kerkstraat 1-bis 1234 ab", ("1234AB", "1", "BIS")),
        ("Kerkstraat12a 1234ab", ("1234AB", "12", "A")),
        ("1234AB 12 A", ("1234AB", "12", "A")),
        ("Kerkstraat 12\r\n1234 AB Ede\r\nNederland", ("1234AB", "12", "")),
        ("14 oktoberplein 3; 1234 AB", ("1234AB", "3", "")),
    ],
)
def test_texts_that_can_be_read_in_one_way(text: str, expected: tuple[str, str, str]) -> None:
    parsed = parse_address(text)
    assert parts(parsed) == expected
    assert set(parsed.flags) <= {"no_postcode"}


@pytest.mark.parametrize(
    "text",
    [
        "Plein 1940 2, 1234AB Ede",
        "16 april 1944 Pad 1, 1234AB",
        "Langeloërduinen 3 46, 1234AB",
        "14 oktoberplein, 1234AB",
        "Plein 1813 te Den Haag",
        "Hoofdweg 1200 HS, 1234 AB Ede",
        "Kerkstraat 12, gebouw 3, 1234AB",
        "Kerkstraat 12 Ede",
        "1234AB 12 Ee",
        "Kerkstraat 12 achterom links, 1234AB",
        "Rue de la Loi 16, 1000 Brussel, België",
        "",
        "onbekend",
        "Kerkstraat",
    ],
)
def test_what_can_be_read_in_two_ways_is_flagged(text: str) -> None:
    assert parse_address(text).flags


def test_two_hundred_texts_that_were_read_by_hand() -> None:
    with TEXTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    parsed = [parse_address(row["text"]) for row in rows]
    expected = [(row["postcode"], row["number"], row["addition"]) for row in rows]
    right = [parts(one) == said for one, said in zip(parsed, expected, strict=True)]
    assert len(rows) == 200
    assert sum(right) >= 198
    assert all(one.flags for one, good in zip(parsed, right, strict=True) if not good)


def test_real_addresses_parse_to_their_own_columns(shared: Path) -> None:
    with (shared / "addresses" / "polling_stations_2018.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Postcode"]]
    wrong_fields = wrong_texts = doubted = 0
    for row in rows:
        digits = re.match(r"0*(\d+)(.*)", row["Huisnummer"])
        extra = row["Huisnummertoevoeging"]
        assert digits
        expected = (row["Postcode"], digits[1], re.sub("[^0-9A-Z]", "", (digits[2] + extra).upper()))
        number = parse_number(row["Huisnummer"], extra)
        wrong_fields += (row["Postcode"], str(number.number), number.addition) != expected
        text = f"{row['Straatnaam']} {row['Huisnummer']} {extra}, {row['Postcode'].lower()} {row['Plaats']}"
        parsed = parse_address(text)
        doubted += bool(parsed.flags)
        wrong = parts(parsed) != expected
        wrong_texts += wrong
        assert parsed.flags or not wrong, text
    assert len(rows) == 3706
    assert wrong_fields <= len(rows) // 100
    assert wrong_texts <= len(rows) // 100
    assert doubted <= len(rows) // 100


LETTERS = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
POSTCODES = st.builds("{}{}{}".format, st.integers(1000, 9999), LETTERS, LETTERS)
STREETS = st.sampled_from(["Kerkstraat", "Lange Nieuwstraat", "De Brink", "Burg. van Dijkplein", "St.-Annastraat"])
ADDITIONS = st.one_of(st.just(""), LETTERS, st.sampled_from(["HS", "BIS", "II", "III", "A2", "K4"]))
WAYS = (
    "{street} {number}{addition}, {postcode} {place}",
    "{street} {number} {addition}, {pc4} {letters} {place}",
    "{street} {number}-{addition} {pc4} {lower}",
    "{postcode} {place}, {street} {number} {addition}",
    "{street} {number} - {addition}\n{pc4}  {letters}\n{place}\nNederland",
    "{street} nr. {number}{addition}; {postcode}; {place}",
    "{postcode} {number}{addition}",
    "{street}, {number}{addition}, {postcode}, {place}",
)


@given(street=STREETS, number=st.integers(1, 99_999), addition=ADDITIONS, postcode=POSTCODES, way=st.sampled_from(WAYS))
@settings(deadline=None)
def test_an_address_is_read_back_however_it_was_written(
    street: str, number: int, addition: str, postcode: str, way: str
) -> None:
    text = way.format(
        street=street,
        number=number,
        addition=addition,
        postcode=postcode,
        pc4=postcode[:4],
        letters=postcode[4:],
        lower=postcode[4:].lower(),
        place="Hoogeveen",
    )
    parsed = parse_address(text)
    looks_like_a_postcode = 1000 <= number <= 9999 and len(addition) == 2 and addition.isalpha()
    assert parts(parsed) == (postcode, str(number), addition) or (looks_like_a_postcode and parsed.flags)


@given(
    number=st.integers(1, 99_999),
    addition=ADDITIONS,
    between=st.sampled_from(["", " ", "-", " - ", "/"]),
    beside=st.booleans(),
)
def test_numbers_give_the_same_keys_as_the_household_file(
    number: int, addition: str, between: str, beside: bool
) -> None:
    typed = str(number) if beside else f"{number}{between}{addition}"
    extra = addition.lower() if beside else ""
    read = read_addresses(pa.table({"postcode": ["1234 ab"], "number": [typed], "addition": [extra]}))
    _house, address = address_keys(*(pa.array([each]) for each in ("1234AB", str(number), addition)))
    assert f"{read['house'][0]} {read['addition'][0]}" == address[0].as_py()


def test_columns_are_read_whatever_they_hold() -> None:
    read = read_addresses(
        pa.table(
            {
                "postcode": ["1234 ab", "1234AB", "NL-1234AB", "B-2000", "20095", "1234", "", None],
                "number": ["12a", "", "7", "1", "1", "1", "1", "1"],
                "country": ["NL", "Nederland", "", "België", "Duitsland", "NL", "NL", None],
            }
        )
    )
    assert read["postcode"].to_pylist() == ["1234AB"] * 3 + [None] * 5
    assert read["house"].to_pylist() == ["1234AB 12", None, "1234AB 7"] + [None] * 5
    assert read["addition"].to_pylist()[0] == "A"
    assert ["foreign" in each for each in read["flags"].to_pylist()] == [False] * 3 + [True] * 2 + [False] * 3
