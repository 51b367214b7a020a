"""What goes wrong is said in the reader's language, whole: what, every fault, and what to do."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from profiling.profiles import library as profile_library
from profiling.web.app import create_app
from profiling.web.settings import WebSettings
from tests.publish.test_uploads import as_xlsx
from tests.web.conftest import ADDRESS, token

# No word is in both: "is", "of" and "was" are words of either language.
ENGLISH = r"\b(cannot|there|are|choose|not|the|you|and|again|missing|empty|columns?|rows?|areas?|that|this|with)\b"
DUTCH = r"\b(kan|kunt|er|zijn|kies|geen|het|een|niet|met|bedoelt|ontbreekt|leeg|kolom|regels?|gebied)\b"
PLACES = {
    "unknown profile": ("/gebied?profiel=tiny-profil", "Er is geen profiel 'tiny-profil' (bedoelt u 'tiny-profile'?)."),
    "unknown version": ("/schets?profiel=tiny-profile@7", "'7' is geen versie van tiny-profile."),
    "unknown area": ("/gebied?gebied=GM9999", "'GM9999': deze gemeente bestaat niet in dit jaar"),
    "no area code": ("/gebied?gebied=Purmerend", "'Purmerend': dit is geen gebiedscode"),
    "unknown level": ("/gebied?niveau=straat", "er is geen niveau 'straat'; kies uit"),
    "unknown work area": ("/gebied?werkgebied=zuid", "Er is geen werkgebied 'zuid'."),
    "unknown base": ("/gebied?basis=wijken", "Er is geen werkgebied 'wijken'."),
    "unknown measure": ("/gebied?maat=indes", "Er is geen maat 'indes' (bedoelt u 'index'?)."),
    "unknown rows": ("/gebied?rijen=ale", "De keuze van rijen kan niet 'ale' zijn (bedoelt u 'alle'?)."),
    "too long": (f"/gebied?gebied={'x' * 300}", "In het webadres staat iets dat te lang is."),
    "two versions": ("/gebied?profiel=tiny-profile@1&profiel=tiny-profile@2", "twee versies van één profiel kunnen"),
    "one version twice": (
        "/vergelijken?profiel=tiny-profile@1&profiel=tiny-profile@1.",
        "'1.' is geen versie van tiny-profile.",
    ),
    "a depth that is none": ("/omvang?diepte=veel", "'diepte' kan deze waarde niet hebben"),
    "a file that is gone": ("/klanten?bestand=weg", "Dit bestand is er niet meer."),
}


UPLOADS = {
    "nothing": (b"", "Er is geen bestand gekozen, of het is leeg."),
    "blank": (b"\n\n", "Het bestand is leeg."),
    "picture": (b"\x89PNG\r\n\x1a\n0000", "Het bestand is een afbeelding, geen tabel."),
    "web page": (b"<!doctype html><p>x", "Het bestand is een webpagina, geen tabel."),
    "damaged": (b"PK\x03\x04 and then", "Het bestand is beschadigd."),
    "empty workbook": (as_xlsx(()), "Het Excel-bestand is leeg."),
    "ragged": (b"a;b\n" + b"1;2\n" * 200 + b"1;2;3\n", "In het bestand staat 1 regel met te veel cellen."),
    "no postcode": (b"naam;kleur\nx;rood\ny;blauw\n", "Er is geen kolom met postcodes."),
}


def said(text: str) -> str:
    """The words of a message, without the frame around it."""
    (block,) = re.findall(r'<section class="sheet-paper narrow">(.*?)</section>', text, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", block))


def without_names(text: str) -> str:
    """Without what was typed, and the names of things."""
    return re.sub(r"'[^']*'", "", text).replace("tiny-profile", "")


def check(client: TestClient, answers: dict[str, object], expected: str) -> None:
    for language, answer in answers.items():
        assert answer.status_code == 400, answer.text[:500]  # type: ignore[attr-defined]
        words = said(answer.text)  # type: ignore[attr-defined]
        own, other = (DUTCH, ENGLISH) if language == "nl" else (ENGLISH, DUTCH)
        assert re.search(own, without_names(words), re.IGNORECASE), words
        assert not re.findall(other, without_names(words), re.IGNORECASE), words
        assert (expected in words) == (language == "nl"), words
        assert ("Dat kan zo niet" in words) == (language == "nl")


@pytest.mark.parametrize("case", PLACES)
def test_an_address_that_asks_too_much(client: TestClient, case: str) -> None:
    path, expected = PLACES[case]
    answers = {"nl": client.get(path), "en": client.get(f"{path}{'&' if '?' in path else '?'}taal=en")}
    check(client, answers, expected)


def test_an_unknown_language_is_answered_in_dutch(client: TestClient) -> None:
    words = said(client.get("/gebied?taal=em").text)
    assert "Er is geen taal 'em' (bedoelt u 'en'?)." in words


@pytest.mark.parametrize("case", UPLOADS)
def test_a_file_that_cannot_be_used(client: TestClient, case: str) -> None:
    data, expected = UPLOADS[case]
    fields = {"csrf": token(client, "/verrijken"), "onderdeel": "verrijken"}
    answers = {
        language: client.post(f"/bestand?taal={language}", data=fields, files={"bestand": ("leden", data)})
        for language in ("nl", "en")
    }
    check(client, answers, expected)


def test_columns_that_are_not_there(client: TestClient) -> None:
    data = b"lidnr;postcode;huisnummer\n1;1234AB;1\n2;1234AB;2\n"
    fields = {"csrf": token(client, "/verrijken"), "onderdeel": "verrijken"}
    address = client.post("/bestand", data=fields, files={"bestand": ("leden", data)}).url
    answers = {each: client.get(f"{address}&postcode=postcodes&taal={each}") for each in ("nl", "en")}
    check(client, answers, "er is geen kolom 'postcodes' voor de postcode (bedoelt u 'postcode'?)")
    assert "Kies uit lidnr, postcode, huisnummer." in said(answers["nl"].text)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"doel": "", "aanvrager": ""}, "In de aanvraag staan 2 fouten."),
        ({"doel": "x"}, "het doel ontbreekt"),
        ({"aantal": "1"}, "u vraagt 1 adressen; vraag er minstens 10"),
        ({"aantal": "veel"}, "'aantal' kan deze waarde niet hebben"),
        ({"controle": "90"}, "'controle' kan deze waarde niet hebben"),
    ],
)
def test_a_request_for_addresses(signed_in: Callable[..., TestClient], changes: dict[str, str], expected: str) -> None:
    client = signed_in("viewer", "address")
    page = "profiel=tiny-profile@1&gebied=GM0103"
    given = {"doel": "taalcursus", "aanvrager": "Bibliotheek", "aantal": "20", "controle": "0"} | changes
    fields = {"csrf": token(client, f"/adressen?{page}")} | given
    answers = {each: client.post(f"/adressen/selectie?{page}&taal={each}", data=fields) for each in ("nl", "en")}
    check(client, answers, expected)


def test_an_area_without_addresses_and_a_selection_that_is_not_there(signed_in: Callable[..., TestClient]) -> None:
    client = signed_in("viewer", "address")
    answers = {each: client.get(f"/adressen?profiel=tiny-profile@1&gebied=GM9999&taal={each}") for each in ("nl", "en")}
    check(client, answers, "er is geen gebied 'GM9999'")
    fields = {"csrf": token(client, "/adressen"), "selectie": "2026-01-01-01"}
    answers = {each: client.post(f"/adressen/vernietigd?taal={each}", data=fields) for each in ("nl", "en")}
    check(client, answers, "Er is geen selectie '2026-01-01-01'.")


def test_without_opt_out_lists(settings: WebSettings, tmp_path: Path) -> None:
    (tmp_path / next(tmp_path.glob("postfilter-*")).name).unlink()
    client = TestClient(create_app(settings.model_copy(update={"addresses": True})), base_url=ADDRESS)
    words = said(client.get("/adressen?profiel=tiny-profile@1&gebied=GM0103").text)
    assert "Postfilter: er is geen bestand" in words
    assert str(tmp_path) not in words
    assert not re.findall(ENGLISH, words, re.IGNORECASE)


def test_a_tool_without_profiles_or_addresses(settings: WebSettings, country: Path, tmp_path: Path) -> None:
    empty = TestClient(create_app(settings.model_copy(update={"library": tmp_path / "none"})), base_url=ADDRESS)
    check(empty, {each: empty.get(f"/gebied?taal={each}") for each in ("nl", "en")}, "Er is nog geen profiel")
    bare = settings.model_copy(update={"population": None, "addresses": True})
    client = TestClient(create_app(bare), base_url=ADDRESS)
    answers = {each: client.get(f"/adressen?gebied=GM0103&taal={each}") for each in ("nl", "en")}
    check(client, answers, "Deze tool is gestart zonder adressen.")


def test_a_withdrawn_version(settings: WebSettings, country: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    (library / "tiny-profile").mkdir(parents=True)
    (library / "tiny-profile" / "status.json").write_text(
        (country / "library" / "tiny-profile" / "status.json").read_text(encoding="utf-8"), encoding="utf-8"
    )
    listed = profile_library.find(library, "tiny-profile", "1")
    profile_library.set_status(library, listed, "withdrawn", "fout bestand")
    client = TestClient(create_app(settings.model_copy(update={"library": library})), base_url=ADDRESS)
    answers = {each: client.get(f"/schets?profiel=tiny-profile@1&taal={each}") for each in ("nl", "en")}
    words = said(answers["nl"].text)
    assert "Versie 1 van tiny-profile is ingetrokken: fout bestand." in words
    assert "version 1 was withdrawn: fout bestand" in said(answers["en"].text).casefold()


def test_a_fault_in_the_settings_goes_to_the_keeper(settings: WebSettings, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("daysies = 3\n", encoding="utf-8")
    client = TestClient(create_app(settings.model_copy(update={"policy": policy, "addresses": True})), base_url=ADDRESS)
    dutch, english = (said(client.get(f"/adressen?taal={each}").text) for each in ("nl", "en"))
    assert "door een fout in de instellingen van de tool." in dutch
    assert "Geef deze melding door aan de beheerder." in dutch
    assert "'daysies' is not a known key" in dutch
    assert "'daysies' is not a known key" in english
    assert "beheerder" not in english
