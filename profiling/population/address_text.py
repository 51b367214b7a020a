"""Dutch addresses as people type them: number and addition out of "12-3", "3HS" or "Laan 1940-1945 37, 1234 ab Ede".

There is no kept Python library for this, and postcode parsers of the world cut additions off; hence our own. Whatever
can be read in two ways is read in the likelier one and *flagged*: a parse without flags is meant to be right.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Flags that say: the number may stand for several houses, so nothing but an exact find may be believed.
RANGE_OR_ADDITION, RANGE = "range_or_addition", "range"
NO_NUMBER, DATE, STREET_LINE = "no_number", "date", "street_line"
TWO_NUMBERS, NUMBER_FIRST, TEXT_AFTER, UNUSUAL = "two_numbers", "number_first", "text_after_number", "unusual_addition"
NO_POSTCODE, TWO_POSTCODES, WORD_POSTCODE = "no_postcode", "two_postcodes", "postcode_may_be_words"
AFTER_POSTCODE, FOREIGN = "number_after_postcode", "foreign"

DUTCH = {"", "NL", "NLD", "NEDERLAND", "THE NETHERLANDS", "NETHERLANDS", "HOLLAND", "PAYS-BAS", "NIEDERLANDE"}
ABROAD = (
    "BELGIË|BELGIE|BELGIUM|BELGIQUE|DUITSLAND|GERMANY|DEUTSCHLAND|FRANKRIJK|FRANCE|LUXEMBURG|LUXEMBOURG|"
    "VERENIGD KONINKRIJK|UNITED KINGDOM|ENGELAND|ENGLAND|SPANJE|SPAIN|ITALIË|ITALIE|ITALY|ZWITSERLAND|OOSTENRIJK"
)
_ABROAD = re.compile(rf"[,\s]+(?:{ABROAD})\.?$", re.I)
_HOME = re.compile(r"[,\s]+(?:NEDERLAND|THE NETHERLANDS|NETHERLANDS|HOLLAND|NL)\.?$", re.I)
_POSTCODE = re.compile(r"(?<![0-9A-Za-z])(?:NL[- ]?)?([1-9][0-9]{3})( ?)([A-Za-z]{2})(?![A-Za-z0-9])")
_WORDS = {"de", "te", "en", "in", "op", "of", "om", "la", "le", "el", "al", "ut", "am"}
_MONTH = r"(?:jan|feb|mrt|maa|mar|apr|mei|may|jun|jul|aug|sep|okt|oct|nov|dec)[a-z]*"
_DATE = re.compile(rf"^(?:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}.*|[0-9]{{1,2}}[- ]{_MONTH}\.?(?:[- ][0-9]{{2,4}})?)$", re.I)
_LABEL = re.compile(r"^(?:(?:huis)?(?:nummer|nr|num)\b\.?:?|no\.|#)\s*", re.I)
_NUMBER = re.compile(r"^0*([1-9][0-9]{0,4})(?![0-9])(.*)$", re.S)
_SPAN = re.compile(r"^\s*(?:t/?m|tot(?: en met)?|&|\+|en)\s*[0-9]", re.I)
_DIGITS = re.compile(r"^\s*[-/., ]\s*[0-9]+$")
_LETTERS = re.compile(r"^\s*([A-Za-z])\s*[-/]\s*([A-Za-z])$")
_TO_HIGHER = re.compile(r"^\s*[A-Za-z]\s*[-/]\s*([0-9]+)[A-Za-z]?$")
_NUMBERS_WITHIN = re.compile(r"^\s*[-/., ]\s*[0-9]+[A-Za-z]?\s*[-/., ]+\s*[0-9A-Za-z]|^\s*[-/]\s*[0-9]+\s*[A-Za-z]")
_KNOWN = ("HUIS", "BIS", "ROOD", "ZWART", "BOVEN", "BENEDEN", "ACHTER", "VOOR", "SOUS", "HOOG", "HS", "BG", "RD", "ZW")
_TOKEN = (
    rf"(?:(?:{'|'.join(_KNOWN)})(?![A-Z])|[0-9]{{1,4}}(?:E|HG| ?HOOG)(?![A-Z])|[A-Z]{{1,3}}[0-9]{{1,4}}"
    r"|[0-9]{1,4}[A-Z]{1,2}(?![A-Z])|[0-9]{1,4}(?![0-9])|[IVX]+(?![A-Z])|[A-Z]{1,3}(?![A-Z]))"
)
_ADDITION = re.compile(
    rf"^\s*[-/.,]?\s*(?:(?:t/?m|tot|&|\+|en)\s*)?(?:{_TOKEN}(?:\s*[-/., ]?\s*{_TOKEN}){{0,2}})?\.?$", re.I
)
_GROUP = re.compile(r"(?<![0-9])0*[1-9][0-9]{0,4}(?![0-9])")
_YEARS = re.compile(r"(?:1[5-9]|20)[0-9]{2}\s*-\s*['’]?(?:(?:1[5-9]|20)[0-9]{2}|[0-9]{2})(?![0-9])(?=\s+[0-9])")
_ORDINAL = re.compile(r"^(?:e|de|ste)\b\.?\s+[A-Za-z]{2,}", re.I)
# In Lelystad courts are numbered within a street name: "Wold 12 2" is number 2 of the court Wold 12.
_LELYSTAD = re.compile("82[1-4]")
LONGEST = 5


@dataclass(frozen=True)
class HouseNumber:
    """A house number with its addition in capitals and digits only; `flags` say what may be read otherwise."""

    number: int | None
    addition: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Address:
    """An address out of one text."""

    street: str
    number: int | None
    addition: str
    postcode: str | None
    flags: tuple[str, ...] = ()


def parse_number(text: str, addition: str = "") -> HouseNumber:
    """A house number as it stands in its own field, with the addition in it or in a field beside it.

    Parameters
    ----------
    text : such as "12", "12-3", "12 III", "3HS", "23 - II", "159a", "12.0" (out of a spreadsheet).
    addition : such as "A", "-53", "bis".

    Returns
    -------
    Number None where there is none to be read.
    """
    written = _LABEL.sub("", tidy(text))
    written = re.sub(r"^([0-9]+)\.0+$", r"\1", written)
    if _DATE.match(written):
        # A spreadsheet turns "12-3" into 12 March; which of the two numbers came first is lost.
        return HouseNumber(None, "", (DATE,))
    found = _NUMBER.match(written)
    if not found:
        if re.match(r"^[^0-9]*[A-Za-z]{2}[^0-9]*[0-9]", written):
            _street, number, flags = _line(written)
            flags = (STREET_LINE, *flags)
            inside = number.addition if number else ""
            return HouseNumber(number.number if number else None, _joined(inside, addition), flags)
        return HouseNumber(None, "", (NO_NUMBER,))
    digits, rest = int(found[1]), found[2]
    beside = tidy(addition)
    flags = _doubts(digits, rest)
    if re.match(r"^[-/]\s*[0-9]", beside):
        flags = (*flags, RANGE_OR_ADDITION)
    added = _joined(bare(rest), beside)
    if len(added) > LONGEST and added not in _KNOWN:
        flags = (*flags, UNUSUAL)
    return HouseNumber(digits, added, tuple(dict.fromkeys(flags)))


def parse_address(text: str) -> Address:
    """A whole address in one text, in Dutch order; the postcode may stand before or after the street.

    Returns
    -------
    What is not found is None or empty, and flagged.
    """
    written = re.sub(r"\s*[\r\n;|]+\s*", ", ", tidy(re.sub(r"[\r\n]+", " | ", text)))
    if _ABROAD.search(written):
        return Address("", None, "", None, (FOREIGN,))
    written = _HOME.sub("", written)
    postcode, before, after, flags = _cut_postcode(written)
    lines = [each for each in re.split(r"\s*,\s*", before) if each]
    behind = [each for each in re.split(r"\s*,\s*", after) if each]
    if not any(re.search("[0-9]", each) for each in lines) and any(re.search("[0-9]", each) for each in behind):
        lines, flags = behind, flags + _behind(behind)
    street, number, more = _first_line(lines, courts=bool(postcode and _LELYSTAD.match(postcode)))
    flags = tuple(dict.fromkeys((*flags, *more)))
    if number is None:
        return Address(street, None, "", postcode, tuple(dict.fromkeys((*flags, NO_NUMBER))))
    return Address(street, number.number, number.addition, postcode, flags)


def bare(text: str) -> str:
    """Capitals and digits only: how additions are compared."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def tidy(text: str) -> str:
    """One kind of dash and space, no ornaments at the ends."""
    plain = re.sub(r"[‐-―−]", "-", unicodedata.normalize("NFKC", text))
    return re.sub(r"\s+", " ", plain).strip(" ,.;")


def _joined(inside: str, beside: str) -> str:
    """The addition of both fields; said twice is said once. The same rule as `addresses.address_keys`."""
    other = bare(beside)
    return other if inside == other else inside + other


def _doubts(number: int, rest: str) -> tuple[str, ...]:
    if not rest.strip(" ,.;-/"):
        return ()
    if _SPAN.match(rest):
        return (RANGE,)
    letters, higher = _LETTERS.match(rest), _TO_HIGHER.match(rest)
    if letters and letters[1].upper() < letters[2].upper():
        return (RANGE_OR_ADDITION,)
    if _DIGITS.match(rest) or _NUMBERS_WITHIN.match(rest) or (higher and int(higher[1]) > number):
        return (RANGE_OR_ADDITION,)
    return () if _ADDITION.match(rest) else (UNUSUAL,)


def _cut_postcode(text: str) -> tuple[str | None, str, str, tuple[str, ...]]:
    found = list(_POSTCODE.finditer(text))
    sure = [each for each in found if not (each[2] and each[3] in _WORDS)]
    if not found:
        return None, text, "", (NO_POSTCODE,)
    chosen = (sure or found)[-1]
    flags: tuple[str, ...] = ()
    if len(sure) > 1:
        flags = (TWO_POSTCODES,)
    elif not sure:
        flags = (WORD_POSTCODE,)
    return (
        f"{chosen[1]}{chosen[3].upper()}",
        text[: chosen.start()].strip(" ,"),
        text[chosen.end() :].strip(" ,"),
        flags,
    )


def _behind(lines: list[str]) -> tuple[str, ...]:
    """Behind the postcode, number and place may run into each other ("1234AB 12 Ee")."""
    first = lines[0]
    return (AFTER_POSTCODE,) if re.match("[0-9]", first) and re.search("[A-Za-z]{2}", first) else ()


def _first_line(lines: list[str], *, courts: bool) -> tuple[str, HouseNumber | None, tuple[str, ...]]:
    """A line that is a number alone, else the first with street and number; more lines with digits give doubt."""
    numbered = [each for each in lines if re.search("[0-9]", each)]
    several = (TWO_NUMBERS,) if len(numbered) > 1 else ()
    for line in numbered:
        alone = parse_number(line)
        if alone.number is not None and not {UNUSUAL, STREET_LINE} & set(alone.flags):
            others = [each for each in lines if each != line]
            return (others[0] if others else ""), alone, (*several, *alone.flags)
    read = [_line(each, courts=courts) for each in numbered]
    certain = [each for each in read if each[1] is not None and NUMBER_FIRST not in each[2]]
    for street, number, flags in certain or read:
        if number is not None:
            return street, number, (*several, *flags)
    return (lines[0] if lines else ""), None, ()


def _line(text: str, *, courts: bool = False) -> tuple[str, HouseNumber | None, tuple[str, ...]]:
    """Street and number of one line: the leftmost number that is followed by nothing but an addition."""
    line = re.sub(r"\b(?:huisnummer|nummer|nr|no)\b\.?:?\s*(?=[0-9])", "", tidy(re.sub(r"\([^)]*\)", " ", text)))
    years = _YEARS.search(line)
    start = years.end() if years else 0
    groups = [each for each in _GROUP.finditer(line) if each.start() >= start]
    fitting = [each for each in groups if _may_be_number(line, each)]
    fits = [each for each in fitting if each.start() and _ADDITION.match(line[each.end() :])]
    if fits:
        flags: tuple[str, ...] = ()
        chosen = fits[0]
        if len(fits) > 1 and line[chosen.end()] == " " and (courts or 1500 <= int(chosen[0]) <= 2050):
            chosen, flags = fits[1], (TWO_NUMBERS,)
        elif len(fits) > 1 and re.search(r"[0-9]\s+[0-9]", line[chosen.start() :]):
            flags = (TWO_NUMBERS,)
        number = parse_number(line[chosen.start() :])
        if re.fullmatch(r"(?![IVX]+$)[A-Z]{2,}", number.addition) and number.addition not in _KNOWN:
            flags = (*flags, TEXT_AFTER)  # "12 Ede": a place as likely as an addition
        return line[: chosen.start()].strip(" ,-"), number, (*flags, *number.flags)
    for chosen in fitting:
        first = not chosen.start()
        words = re.match(rf"(?:\s*[-/]?\s*{_TOKEN}\b)?", line[chosen.end() :], re.I)
        taken = words[0] if words and len(bare(words[0])) <= 2 else ""
        number = HouseNumber(int(chosen[0]), bare(taken))
        street = line[chosen.end() + len(taken) :] if first else line[: chosen.start()]
        return street.strip(" ,-"), number, (NUMBER_FIRST if first else TEXT_AFTER,)
    return line, None, ()


def _may_be_number(line: str, group: re.Match[str]) -> bool:
    """Not part of a name: "2e Dreef", "N205", "'40-'45", "1213-laan"."""
    before, after = line[: group.start()], line[group.end() :]
    if _ORDINAL.match(after) or re.search(r"['’/-]$|(?:^|[^A-Za-z])[A-Za-z]{1,2}$", before):
        return False
    return not re.match(r"-[A-Za-z]{3,}", after) or bool(_ADDITION.match(after))
