"""Which column of a file holds what: said by the user, by its heading, or seen from its contents."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from profiling.errors import Text, UploadError, did_you_mean
from profiling.population.address_columns import looks_like_postcode
from profiling.population.address_text import NO_POSTCODE, STREET_LINE, parse_address, parse_number

Role = Literal["id", "postcode", "number", "addition", "address", "country"]
ROLES: tuple[Role, ...] = ("id", "postcode", "number", "addition", "address", "country")
HEADINGS: dict[Role, str] = {
    "id": r"id|.*(klant|lid|relatie|debiteur|pas|kaart|lener|customer|member|record)\w*[ _.-]?"
    r"(id|nr|nummer|no|number|code)?|nummer",
    "postcode": r"(.*[ _.-])?(postcode|post code|pc|pc6|zip|zipcode|postal code)",
    "number": r"(.*[ _.-])?(huis[ _.-]?(nr|nummer|num)|hnr|housenumber|house number|house_number)"
    r"([ (]*(incl|met|en|\+|/|&).*toev.*)?",
    "addition": r"(.*[ _.-])?(huis[ _.-]?(nr|nummer)[ _.-]?)?(toev|toevoeging\w*|addition|suffix|letter)|huisletter",
    "address": r"(.*[ _.-])?(adres\w*|address|straat.*(nr|nummer)|woonadres)",
    "country": r"(.*[ _.-])?(land|landcode|country|country code)",
}
_NL: dict[Role, str] = {
    "id": "het ID",
    "postcode": "de postcode",
    "number": "het huisnummer",
    "addition": "de toevoeging",
    "address": "het adres",
    "country": "het land",
}
_SAMPLE = 500
_HALF = 0.5


@dataclass(frozen=True)
class Columns:
    """What the user says of columns: a heading, a letter as in Excel ("B"), or a number from 1. None = guess.

    `header` says whether the first row holds headings.
    """

    id: str | None = None
    postcode: str | None = None
    number: str | None = None
    addition: str | None = None
    address: str | None = None
    country: str | None = None
    header: bool | None = None


def find_columns(texts: pa.Table, choice: Columns, name: str) -> tuple[bool, dict[Role, tuple[int, ...]]]:
    """Whether there is a heading, and the columns of each role; a role without column is absent.

    Parameters
    ----------
    texts : all cells, shape (rows, columns).

    Raises
    ------
    UploadError
        When a column that was asked for is not there, or no postcode can be found.
    """
    first = [str(column[0].as_py() or "").strip() for column in texts.columns]
    header = choice.header if choice.header is not None else _has_heading(first)
    sample = texts.slice(int(header), _SAMPLE)
    roles = _chosen(choice, first if header else [], texts.num_columns, name)
    if header:
        for role in ROLES:
            found = _headed(role, first)
            free = tuple(each for each in found if not _taken(each, roles))
            if role not in roles and free and (role == "addition" or len(free) == 1 or role == "id"):
                roles[role] = free if role == "addition" else free[:1]
    _see(sample, roles)
    if "postcode" not in roles and "address" not in roles:
        # Without headings the first row is somebody's address, and does not belong in a message.
        headings = ", ".join(repr(each[:30]) for each in first[:12])
        raise UploadError(
            Text("Er is geen kolom met postcodes", "has no column with postcodes"),
            where=name,
            faults=[Text(headings, headings) if header else Text(f"{len(first)} kolommen", f"{len(first)} columns")],
            hint=Text(
                "Zet boven de kolom met postcodes het woord 'postcode', of voeg die kolom toe, en kies het bestand "
                "opnieuw",
                "say which column it is, with --postcode B, or add the column",
            ),
        )
    return header, roles


def _chosen(choice: Columns, headings: Sequence[str], n: int, name: str) -> dict[Role, tuple[int, ...]]:
    roles: dict[Role, tuple[int, ...]] = {}
    faults = []
    for role in ROLES:
        asked = getattr(choice, role)
        if asked is None:
            continue
        place = _place(asked, headings, n)
        if place is None:
            fault = Text(f"er is geen kolom '{asked}' voor {_NL[role]}", f"there is no column '{asked}' for {role}")
            faults.append(fault + did_you_mean(asked, headings))
        else:
            roles[role] = (place,)
    if faults:
        listed = ", ".join(headings)
        raise UploadError(
            Text("Er ontbreken kolommen", "columns are missing"),
            where=name,
            faults=faults,
            hint=Text("Kies uit ", "choose from ")
            + (listed or Text(f"A tot en met {letter(n - 1)}", f"A to {letter(n - 1)}")),
        )
    return roles


def _place(asked: str, headings: Sequence[str], n: int) -> int | None:
    lower = [each.casefold() for each in headings]
    if asked.strip().casefold() in lower:
        return lower.index(asked.strip().casefold())
    place = -1
    if asked.isdigit():
        place = int(asked) - 1
    elif re.fullmatch("[A-Za-z]{1,2}", asked):
        place = sum(26**power * (ord(each) - 64) for power, each in enumerate(reversed(asked.upper()))) - 1
    return place if 0 <= place < n else None


def letter(place: int) -> str:
    """A column's letter as in Excel: 0 is A, 26 is AA."""
    return (letter(place // 26 - 1) if place >= 26 else "") + chr(65 + place % 26)


def _headed(role: Role, headings: Sequence[str]) -> tuple[int, ...]:
    return tuple(place for place, each in enumerate(headings) if re.fullmatch(HEADINGS[role], each.casefold()))


def _has_heading(first: Sequence[str]) -> bool:
    known = sum(any(re.fullmatch(HEADINGS[role], each.casefold()) for role in ROLES) for each in first if each)
    if any(looks_like_postcode(pa.array([each]))[0].as_py() for each in first):
        return False
    return known > 0 or all(each and not re.search("[0-9]", each) for each in first)


def _taken(place: int, roles: Mapping[Role, tuple[int, ...]]) -> bool:
    return any(place in places for places in roles.values())


def _see(sample: pa.Table, roles: dict[Role, tuple[int, ...]]) -> None:
    """Fill in roles from what the cells hold; adds to `roles`."""
    free = [place for place in range(sample.num_columns) if not _taken(place, roles)]
    if "postcode" not in roles and "address" not in roles:
        parts = {place: _part(_codes(sample.column(place))) for place in free}
        best = max(parts, key=lambda place: (parts[place], -place), default=None)
        if best is not None and parts[best] >= _HALF:
            roles["postcode"] = (best,)
        else:
            whole = {place: _part([_has_postcode(text) for text in _filled(sample, place)]) for place in free}
            chosen = max(whole, key=lambda place: (whole[place], -place), default=None)
            if chosen is not None and whole[chosen] >= _HALF:
                roles["address"] = (chosen,)
    free = [place for place in range(sample.num_columns) if not _taken(place, roles)]
    if "number" not in roles and "postcode" in roles and "address" not in roles:
        at = roles["postcode"][0]
        near = sorted(free, key=lambda place: (place < at, abs(place - at)))
        numbers = [place for place in near if _part([_number(text) for text in _filled(sample, place)]) >= _HALF]
        streets = [place for place in near if _part([_street(text) for text in _filled(sample, place)]) >= _HALF]
        if numbers and (numbers[0] == at + 1 or not streets):
            roles["number"] = (numbers[0],)
        elif streets:
            roles["address"] = (streets[0],)
    free = [place for place in range(sample.num_columns) if not _taken(place, roles)]
    beside = roles["number"][0] + 1 if "number" in roles else -1
    if "addition" not in roles and beside in free and _additions(sample, beside):
        roles["addition"] = (beside,)
        free.remove(beside)
    if "id" not in roles and free:
        unlike = [place for place in free if _distinct(sample, place)]
        roles["id"] = ((unlike or free)[0],) if unlike or free[0] == 0 else ()
        if not roles["id"]:
            del roles["id"]


def _codes(column: pa.ChunkedArray) -> list[bool]:
    texts = column.combine_chunks()
    filled = texts.filter(pc.not_equal(pc.utf8_trim_whitespace(texts), ""))
    return [bool(each) for each in looks_like_postcode(filled).to_pylist()]


def _filled(sample: pa.Table, place: int) -> list[str]:
    return [text for text in sample.column(place).to_pylist() if text and text.strip()]


def _part(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0


def _has_postcode(text: str) -> bool:
    parsed = parse_address(text)
    return parsed.postcode is not None and NO_POSTCODE not in parsed.flags


def _number(text: str) -> bool:
    parsed = parse_number(text)
    return len(text) <= 12 and parsed.number is not None and STREET_LINE not in parsed.flags


def _street(text: str) -> bool:
    return STREET_LINE in parse_number(text).flags


def _additions(sample: pa.Table, place: int) -> bool:
    """Short, and not in every row: a column that is always filled is something else."""
    texts = _filled(sample, place)
    short = [len(re.sub("[^0-9A-Za-z]", "", text)) <= 5 for text in texts]
    return len(texts) < 0.9 * sample.num_rows and all(short)


def _distinct(sample: pa.Table, place: int) -> bool:
    texts = _filled(sample, place)
    return len(texts) > 0.9 * sample.num_rows and len(set(texts)) == len(texts)
