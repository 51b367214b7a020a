"""The register's record and the DPIA outline: filled from the card, and marked where a person must write."""

from __future__ import annotations

import re
from typing import Any

import pytest

from profiling.errors import ArtefactError
from profiling.publish.algorithm_register import LENGTHS, LONGEST, TO_WRITE, algorithm_record
from profiling.reporting.dpia import dpia
from profiling.reporting.html import render
from profiling.reporting.markdown import render as markdown
from profiling.vocabulary import LANGUAGES, Language
from tests.reporting.card_example import card

# The fields of publication standard 1.0 of the Algoritmeregister (v1_0.json), less those the register adds itself.
FIELDS = {
    "name",
    "description_short",
    "organization",
    "category",
    "status",
    "begin_date",
    "end_date",
    "contact_email",
    "website",
    "publication_category",
    "url",
    "goal",
    "proportionality",
    "human_intervention",
    "risks",
    "lawful_basis",
    "lawful_basis_grouping",
    "process_index_url",
    "impacttoetsen_grouping",
    "impacttoetsen",
    "source_data",
    "source_data_grouping",
    "methods_and_models",
    "provider",
    "publiccode",
    "lang",
    "standard_version",
    "source_id",
    "tags",
}
REQUIRED = ("name", "description_short", "organization", "status", "contact_email", "publication_category")


def full_card() -> dict[str, Any]:
    made = card()
    made.setdefault("disclosure", {"minimum": 10})
    made.setdefault("bias", {"nl": "Geleerd van leden.", "en": "Learned from members."})
    return made


def test_the_record_has_the_fields_of_the_standard() -> None:
    record = algorithm_record(full_card())
    assert set(record.fields) == FIELDS
    assert all(record.fields[each] for each in REQUIRED)
    for key, value in record.fields.items():
        if isinstance(value, str):
            assert len(value) <= LENGTHS.get(key, LONGEST), key
    assert record.fields["standard_version"] == "1.0"
    assert record.fields["publication_category"] in {
        "Hoog-risico AI-systeem",
        "Impactvolle algoritmes",
        "Overige algoritmes",
    }


@pytest.mark.parametrize(
    ("status", "said"),
    [("challenger", "In ontwikkeling"), ("champion", "In ontwikkeling"), ("published", "In gebruik"),
     ("withdrawn", "Buiten gebruik")],
)  # fmt: skip
def test_status_is_that_of_the_library(status: str, said: str) -> None:
    assert algorithm_record(full_card(), status=status).fields["status"] == said


def test_what_the_card_knows_is_filled_in_and_the_rest_is_marked() -> None:
    made = full_card()
    record = algorithm_record(made)
    text = " ".join(str(each) for each in record.fields.values())
    for known in (made["profile"]["purpose"]["nl"], "902.331", made["profile"]["contact"], made["snapshot"]):
        assert known in text
    assert all(each in record.fields["source_data"] for each in made["features"]["excluded"])
    marked = {key for key, value in record.fields.items() if TO_WRITE in str(value)}
    assert marked == set(record.to_write)
    assert {"organization", "lawful_basis", "proportionality", "provider"} <= marked


def test_features_are_called_what_a_reader_calls_them() -> None:
    named = full_card()
    named["features"] = {
        "hard": ["age_oldest", "odd"],
        "soft": {"buying": ["x"]},
        "excluded": ["migration_background"],
        "names": {"age_oldest": {"nl": "leeftijd oudste volwassene", "en": "age of oldest adult"}},
    }
    said = algorithm_record(named).fields["source_data"]
    assert "leeftijd oudste volwassene, odd. Alleen om te beschrijven: koopgedrag." in said
    assert "age of oldest adult, odd" in render(dpia(named, language="en"))


def test_a_long_list_of_features_is_cut_and_says_so() -> None:
    made = full_card()
    made["features"]["hard"] = [f"kenmerk_{i}" for i in range(900)]
    cut = algorithm_record(made).fields["source_data"]
    assert len(cut) <= LONGEST
    assert cut.endswith("(…)")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dpia_has_17_points_and_asks_where_a_person_must_write(language: Language) -> None:
    text = markdown(dpia(full_card(), language=language))
    numbers = [int(each) for each in re.findall(r"^### (\d+)\. ", text, re.M)]
    assert numbers == list(range(1, 18))
    assert text.count("✍") > 10
    assert "{" not in text
    for excluded in full_card()["features"]["excluded"]:
        assert excluded.replace("_", r"\_") in text
    assert "902" in text
    assert "<h1>" in render(dpia(full_card(), language=language))


def test_a_card_that_lacks_what_a_dpia_needs_is_refused() -> None:
    made = full_card()
    del made["snapshot"], made["features"]
    with pytest.raises(ArtefactError) as error:
        dpia(made)
    assert "snapshot" in str(error.value)
    assert "features" in str(error.value)
