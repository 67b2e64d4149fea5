"""The people in a text are found in one normal form, however the text is encoded, and quickly."""

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
    ("text", "person"),
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
def test_a_person_is_found_in_every_notation(text: str, person: str):
    assert person in find_people(text)
    assert person in find_people(text.encode())


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
def test_other_texts_contain_no_person(text: str):
    assert find_people(text) == ()


@given(
    st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_an_address_is_found_anywhere_in_a_json_value(around: object):
    for value in ([around, JANE], {"a": around, "b": {"c": [JANE]}}, {JANE: around}):
        people = find_people_in_json(value)
        assert JANE in people or len(people) == PEOPLE_MAX


@given(
    st.from_regex(r"[a-z0-9][a-z0-9._+-]{0,20}[a-z0-9]", fullmatch=True),
    st.sampled_from(["a.io", "sub.globex.example"]),
)
def test_every_encoding_gives_the_same_normalized_person(local: str, host: str):
    address = f"{local.upper()}@{host.title()}"
    person = person_from_email(address)

    for text in (
        json.dumps(address),
        quote(address, safe=""),
        f"<{address}>",
        json.dumps({"u": f"?e={quote(address)}"}),
    ):
        assert person in find_people(text)


@given(st.text(alphabet='@a.%40\\u"+1phone: {}[],\n', max_size=300))
def test_any_text_is_accepted_within_the_limits(text: str):
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
def test_a_mebibyte_of_any_text_is_searched_quickly(piece: str):
    text = piece * (1_048_576 // len(piece))
    began = time.process_time()

    find_people(text)

    assert time.process_time() - began < 2.0


def test_the_number_of_people_is_limited():
    crowd = [f"p{number}@globex.example" for number in range(PEOPLE_MAX + 10)]

    assert find_people_in_json(crowd) == tuple(crowd[:PEOPLE_MAX])
    assert len(find_people(orjson.dumps(crowd), most=1_000)) == len(crowd)


def test_a_person_in_two_texts_is_found_once():
    assert add_people_of_json(("a@x.example",), {"to": "A@x.example"}) == ("a@x.example",)
    assert add_people_of_json(("a@x.example",), {"to": "b@x.example"}) == ("a@x.example", "b@x.example")


def test_phone_numbers_in_a_sentence_are_found():
    assert find_people_in_sentence("Gong knows no +1 (555) 010-0199 of jane@x.example") == (
        "jane@x.example",
        "15550100199",
    )


@pytest.mark.parametrize("text", ["jane", "jane@", "a@b", "<jane@globex.example>", ""])
def test_an_invalid_address_is_rejected(text: str):
    with pytest.raises(ValueError, match="e-mail"):
        person_from_email(text)


@pytest.mark.parametrize("text", ["12345", "jane", "+1 555 010 0199 ext 7", "1234567890123456", ""])
def test_an_invalid_phone_number_is_rejected(text: str):
    with pytest.raises(ValueError, match="phone number"):
        person_from_phone(text)


def test_a_phone_number_is_normalized_to_its_digits():
    assert person_from_phone(" +1 (555) 010-0199 ") == person_from_phone("15550100199") == "15550100199"


@given(
    st.lists(
        st.sampled_from(
            ["a@x.io", "aa@x.io", "A@x.io", "a@x.io.b", "ü@x.io", "@", 'x "a@x.io"', "+1 555 010 0199"]
        )
    )
)
def test_the_quick_search_finds_the_same_people_as_the_full_one(texts: list[str]):
    assert set(add_people_of_json(("a@x.io",), texts)) == {"a@x.io", *find_people_in_json(texts)}
