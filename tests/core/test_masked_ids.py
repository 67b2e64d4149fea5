"""A masked eventId says nothing about the people of its event, and stays as it is otherwise."""

from typing import Any

import pytest

from relay.core.masked_ids import mask_event_id

PEOPLE = ("jane.doe@globex.com", "15550100199")
BODY: dict[str, Any] = {
    "person": {"name": "Jane A. O'Doe", "email": "jane.doe@globex.com"},
    "recipients": [{"name": "Zoë Quibble"}],
    "content": {"contentTitle": "Pricing"},
}


@pytest.mark.parametrize(
    ("event_id", "masked"),
    [
        ("web:jane.doe@globex.com", "web:j•••@globex.com"),
        ("web:Jane-Doe-signed", "web:•••-signed"),
        ("web:jane_doe", "web:•••"),
        ("web:jane:7", "web:•••:7"),
        ("web:contract-of-DOE", "web:contract-of-•••"),
        ("web:quibble/zoë", "web:•••/•••"),
        ("web:+1-555-010-0199", "web:•••"),
        ("web:call-15550100199", "web:call-•••"),
        ("jane:view-1", "jane:view-1"),
    ],
)
def test_what_an_id_says_about_a_person_is_masked(event_id: str, masked: str):
    source = event_id.partition(":")[0]

    assert mask_event_id(event_id, source=source, people=PEOPLE, body=BODY) == masked


@pytest.mark.parametrize(
    "event_id",
    [
        "web:ev-1",
        "web:01K9XHZ3T5M7Q2V8B4N6C0D1EF",
        "web:doer-of-things",
        "web:janes",
        "web:5f0c0a3e",
        "web:pricing",
    ],
)
def test_other_ids_stay_as_they_are(event_id: str):
    assert mask_event_id(event_id, source="web", people=PEOPLE, body=BODY) == event_id


def test_an_event_without_a_call_is_masked_by_its_people():
    assert mask_event_id("web:doe-1", source="web", people=PEOPLE) == "web:•••-1"


def test_an_id_with_many_names_of_several_words_is_masked_as_a_whole():
    names = [f"Al {letter}." for letter in "BCDEF"]
    body = {"recipients": [{"name": name} for name in names]}

    assert mask_event_id("web:Al-B,Al-C,x", source="web", people=(), body=body) == "web:•••,•••,x"
    assert mask_event_id(f"web:x,{','.join(names)}", source="web", people=(), body=body) == "web:•••"
