"""Columns of addresses as people type them → keys, with what stands in the way of a match; each distinct text once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from profiling.population.address_text import (
    DUTCH,
    FOREIGN,
    NO_NUMBER,
    Address,
    HouseNumber,
    parse_address,
    parse_number,
)
from profiling.population.addresses import POSTCODE

WORDS = ("postcode", "number", "addition", "address", "country")
# Postcodes of neighbours: with their country letter, five digits, or as the British and the Canadians write them.
_ABROAD = (
    r"^(?:(?:BE?|DE?|FR?|LU?|CH|AT?|GB|UK|ES?)[0-9]{4,5}|[0-9]{5}"
    r"|[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}|[A-Z][0-9][A-Z][0-9][A-Z][0-9])$"
)
_BETWEEN = "\x1f"
SCHEMA = pa.schema([(name, pa.string()) for name in ("postcode", "house", "addition", "flags")])


def read_addresses(table: pa.Table) -> pa.Table:
    """Postcode, house key, addition and flags of every row.

    Parameters
    ----------
    table : text columns, any of `WORDS`; an `address` (street and number, or all of it) stands in for what is absent.

    Returns
    -------
    Table of shape (n, 4): postcode ("1234AB", null where it is not one), house ("1234AB 12", null where there is no
    number), addition (capitals and digits, "" for none), flags (joined by spaces; "foreign" among them).
    """
    n = table.num_rows
    given = {name: _text(table.column(name)) for name in WORDS if name in table.column_names}
    postcode, flags = pa.nulls(n, pa.string()), pa.array([""] * n, pa.string())
    number, addition = pa.nulls(n, pa.string()), pa.array([""] * n, pa.string())
    if "address" in given and not {"postcode", "number"} <= set(given):
        parsed = _each(given["address"], lambda text: _of_address(parse_address(text)))
        postcode, number, addition, flags = (
            parsed.column(each) for each in ("postcode", "number", "addition", "flags")
        )
    if "postcode" in given:
        written = _postcodes(given["postcode"])
        abroad = pc.match_substring_regex(written, _ABROAD)
        valid = pc.match_substring_regex(written, POSTCODE)
        postcode = pc.if_else(valid, written, pa.scalar(None, pa.string()))
        flags = pc.replace_substring(flags, "no_postcode", "")
        flags = _add(flags, abroad, FOREIGN)
    if "number" in given:
        beside = given.get("addition", pa.array([""] * n, pa.string()))
        both = pc.binary_join_element_wise(given["number"], beside, _BETWEEN)
        parsed = _each(both, lambda text: _of_number(parse_number(*text.split(_BETWEEN))))
        number, addition = parsed.column("number"), parsed.column("addition")
        flags = pc.binary_join_element_wise(pc.replace_substring(flags, NO_NUMBER, ""), parsed.column("flags"), " ")
    if "country" in given:
        home = pa.array(sorted(DUTCH), pa.string())
        country = pc.utf8_trim(pc.utf8_upper(given["country"]), " .")
        flags = _add(flags, pc.invert(pc.is_in(country, value_set=home)), FOREIGN)
    house = pc.binary_join_element_wise(postcode, number, " ")
    spaced = pc.utf8_trim_whitespace(pc.replace_substring_regex(flags, r"\s+", " "))
    return pa.table([_flat(each) for each in (postcode, house, addition, spaced)], schema=SCHEMA)


def looks_like_postcode(texts: pa.Array) -> pa.Array:
    """Whether each text is a Dutch postcode, however it is spaced; shape (n,), bool."""
    return pc.match_substring_regex(_postcodes(_text(texts)), POSTCODE)


def spelled(additions: pa.Array) -> pa.Array:
    """Additions with one spelling for each: HUIS as HS, II, III, IV and on as figures, 3HOOG and 3HG as 3.

    "I" and "H" stay: they may be letters in a row of letters.
    """
    return _each(additions, lambda text: {"spelled": _one_spelling(text)}).column("spelled")


_ROMAN = {"II": "2", "III": "3", "IV": "4", "VI": "6", "VII": "7", "VIII": "8"}


def _one_spelling(addition: str) -> str:
    if addition == "HUIS":
        return "HS"
    for tail in ("HOOG", "HG"):
        if addition.endswith(tail) and addition.removesuffix(tail).isdigit():
            return str(int(addition.removesuffix(tail)))
    return _ROMAN.get(addition, addition)


def _of_number(parsed: HouseNumber) -> dict[str, Any]:
    number = None if parsed.number is None else str(parsed.number)
    return {"number": number, "addition": parsed.addition, "flags": " ".join(parsed.flags)}


def _of_address(parsed: Address) -> dict[str, Any]:
    number = HouseNumber(parsed.number, parsed.addition, parsed.flags)
    return {"postcode": parsed.postcode, **_of_number(number)}


def _each(texts: pa.Array, parse: Callable[[str], dict[str, Any]]) -> pa.Table:
    """Parse every distinct text once: a million rows hold a few thousand house numbers."""
    coded = pc.dictionary_encode(_flat(texts))
    distinct = coded.dictionary.to_pylist() or [""]
    parsed = [parse(text) for text in distinct]
    columns = {name: pa.array([each[name] for each in parsed], pa.string()) for name in parsed[0]}
    at = coded.indices if len(coded.dictionary) else pa.array(np.zeros(0, dtype=np.int32))
    return pa.table({name: column.take(at) for name, column in columns.items()})


def _postcodes(texts: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(
        pc.replace_substring_regex(pc.utf8_upper(texts), r"[^0-9A-Z]", ""), r"^NL([1-9][0-9]{3}[A-Z]{2})$", r"\1"
    )


def _add(flags: pa.Array, where: pa.Array, flag: str) -> pa.Array:
    return pc.if_else(where, pc.binary_join_element_wise(flags, flag, " "), flags)


def _text(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return pc.fill_null(_flat(column).cast(pa.string()), "")


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
