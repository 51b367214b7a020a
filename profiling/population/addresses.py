"""Addresses as keys, and households found by them.

The key is postcode, house number and addition without spaces, signs and case: "1234AB 12 A". What people type into one
field ("12-A", "12 a", "12A") gives the same key.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from profiling.population.store import HouseholdStore

POSTCODE = r"^[1-9][0-9]{3}[A-Z]{2}$"
NUMBER = r"^0*(?P<number>[1-9][0-9]{0,4})(?P<rest>[^0-9].*)?$"


def address_keys(postcode: pa.Array, number: pa.Array, addition: pa.Array | None = None) -> tuple[pa.Array, pa.Array]:
    """Two keys per row: of the house ("1234AB 12") and of the address with its addition ("1234AB 12 A").

    Parameters
    ----------
    postcode, number, addition : text arrays of shape (n,); `number` may hold the addition as well.

    Returns
    -------
    house, address : text arrays of shape (n,), null where the postcode or the number is not valid.
    """
    code = _bare(postcode)
    code = pc.if_else(pc.match_substring_regex(code, POSTCODE), code, pa.scalar(None, pa.string()))
    parts = pc.extract_regex(pc.utf8_trim_whitespace(number.cast(pa.string())), NUMBER)
    digits, rest = pc.struct_field(parts, "number"), _bare(pc.struct_field(parts, "rest"))
    extra = pc.fill_null(_bare(addition), "") if addition is not None else pa.scalar("")
    rest = pc.fill_null(rest, "")
    rest = pc.if_else(pc.equal(rest, extra), extra, pc.binary_join_element_wise(rest, extra, ""))
    house = pc.binary_join_element_wise(code, digits, " ")
    return house, pc.binary_join_element_wise(house, rest, " ")


def households_at(store: HouseholdStore, houses: pa.Array) -> pa.Table:
    """All households of the population that live at one of the houses.

    Parameters
    ----------
    houses : text array of house keys ("1234AB 12").

    Returns
    -------
    Table with the text columns house, address, household_id.
    """
    wanted = pa.array(pc.unique(houses).drop_null())
    words = [each for each in ("postcode", "house_number", "addition") if each in store.columns]
    found = []
    for batch in store.batches(["household_id", *words], text="matching addresses"):
        house, address = address_keys(*(batch.column(word) for word in words))
        keep = pc.is_in(house, value_set=wanted)
        keys = pa.table({"house": house, "address": address, "household_id": batch.column("household_id")})
        found.append(keys.filter(keep))
    return pa.concat_tables(found)


def _bare(text: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(pc.utf8_upper(text.cast(pa.string())), r"[^0-9A-Z]", "")
