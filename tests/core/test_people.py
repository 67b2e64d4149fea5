"""Whoever a text tells of is found, in one form, however the text was wrapped; and no text takes long."""

import json
import time
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.personal_data import (
    PEOPLE_MAX,
    add_people_of_json,
    find_people,
    find_people_in_json,
    find_people_in_sentence,
    person_from_email,
    person_from_phone,
)

JANE = "jane.doe+news@globex.example"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"email": "Jane.Doe+News@Globex.Example"}', JANE),
        ("email=jane.doe%2Bnews%40globex.example&n=1", JANE),
        ('{"url": "https://x.example/?m=jane.doe%2Bnews%40globex.example"}', JANE),
        ('{"url": "https://x.example/?m=jane.doe%252Bnews%2540globex.example"}', JANE),
        ('{"email": "jane.doe+news\\u0040globex.example"}', JANE),
        ('{"note": "line\\njane.doe+news@globex.example\\tends"}', JANE),
        (json.dumps({"inner": json.dumps({"deeper": json.dumps({"to": JANE})})}), JANE),
        ("From: Jane <jane.doe+news@globex.example>, Joe", JANE),
        ('"mailto:jane.doe+news@globex.example?subject=x"', JANE),
        ('{"text": "ask jane.doe+news@globex.example."}', JANE),
        ('{"email": "o\'brien@globex.example"}', "o'brien@globex.example"),
        ('{"email": "jörg@bücher.example"}', "jörg@xn--bcher-kva.example"),
        ('{"email": "JÖRG@xn--bcher-kva.example"}', "jörg@xn--bcher-kva.example"),
        ('{"email": "sales/jane=x@globex.example"}', "sales/jane=x@globex.example"),
        ('{"phone": "(555) 010-0199"}', "5550100199"),
        ('{"phoneNumber":"+1 555 010 0199"}', "15550100199"),
        ('{"contact_phone" : 15550100199}', "15550100199"),
        ('["+1 (555) 010-0199"]', "15550100199"),
    ],
)
def test_a_person_is_found_in_whatever_way_they_are_written(text: str, found: str):
    assert found in find_people(text)
    assert found in find_people(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"handle": "@jane"}',
        '{"version": "left-pad@1.3.0"}',
        '{"host": "jane@localhost"}',
        '{"ip": "jane@10.0.0.1"}',
        '{"id": "15550100199"}',
        '{"phone": "12345"}',
        '{"phone": "12345678901234567"}',
        '{"amount": "+100"}',
        "",
    ],
)
def test_what_is_nobody_is_not_found(text: str):
    assert find_people(text) == ()


@given(
    st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_an_address_is_found_anywhere_in_any_value(around: object):
    for value in ([around, JANE], {"a": around, "b": {"c": [JANE]}}, {JANE: around}):
        found = find_people_in_json(value)
        assert JANE in found or len(found) == PEOPLE_MAX


@given(
    st.from_regex(r"[a-z0-9][a-z0-9._+-]{0,20}[a-z0-9]", fullmatch=True),
    st.sampled_from(["a.io", "sub.globex.example"]),
)
def test_every_wrapping_leads_to_the_one_form(local: str, host: str):
    address = f"{local.upper()}@{host.title()}"
    one = person_from_email(address)

    for text in (
        json.dumps(address),
        quote(address, safe=""),
        f"<{address}>",
        json.dumps({"u": f"?e={quote(address)}"}),
    ):
        assert one in find_people(text)


@given(st.text(alphabet='@a.%40\\u"+1phone: {}[],\n', max_size=300))
def test_no_text_is_refused_and_bounds_hold(text: str):
    assert len(find_people(text)) <= PEOPLE_MAX
    assert (
        set(find_people(text)) <= set(find_people_in_sentence(text)) or len(find_people(text)) == PEOPLE_MAX
    )


@pytest.mark.parametrize(
    "piece",
    [
        "@",
        "a@",
        "a@a.",
        "x" * 64 + "@a.b1 ",
        '"phone',
        '"+1',
        "%40",
        "%2540",
        "\\u0040",
        "\\",
        '"phone":',
        "(555) 010 ",
    ],
)
def test_a_mebibyte_of_anything_is_read_in_a_moment(piece: str):
    text = piece * (1_048_576 // len(piece))
    began = time.process_time()

    find_people(text)

    assert time.process_time() - began < 2.0


def test_of_very_many_people_the_first_are_found():
    crowd = [f"p{number}@globex.example" for number in range(PEOPLE_MAX + 10)]

    assert find_people_in_json(crowd) == tuple(crowd[:PEOPLE_MAX])
    assert len(find_people(orjson.dumps(crowd), most=1_000)) == len(crowd)


def test_people_of_two_texts_are_each_found_once():
    assert add_people_of_json(("a@x.example",), {"to": "A@x.example"}) == ("a@x.example",)
    assert add_people_of_json(("a@x.example",), {"to": "b@x.example"}) == ("a@x.example", "b@x.example")


def test_numbers_in_a_sentence_are_people_too():
    assert find_people_in_sentence("Gong knows no +1 (555) 010-0199 of jane@x.example") == (
        "jane@x.example",
        "15550100199",
    )


@pytest.mark.parametrize("text", ["jane", "jane@", "a@b", "<jane@globex.example>", ""])
def test_no_address_is_no_person(text: str):
    with pytest.raises(ValueError, match="e-mail"):
        person_from_email(text)


@pytest.mark.parametrize("text", ["12345", "jane", "+1 555 010 0199 ext 7", "1234567890123456", ""])
def test_no_number_is_no_person(text: str):
    with pytest.raises(ValueError, match="phone number"):
        person_from_phone(text)


def test_a_number_is_its_digits():
    assert person_from_phone(" +1 (555) 010-0199 ") == person_from_phone("15550100199") == "15550100199"


@given(
    st.lists(
        st.sampled_from(
            ["a@x.io", "aa@x.io", "A@x.io", "a@x.io.b", "ü@x.io", "@", 'x "a@x.io"', "+1 555 010 0199"]
        )
    )
)
def test_a_glance_finds_whom_a_look_finds(texts: list[str]):
    assert set(add_people_of_json(("a@x.io",), texts)) == {"a@x.io", *find_people_in_json(texts)}
