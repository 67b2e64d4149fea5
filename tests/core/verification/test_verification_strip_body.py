"""A credential in a body is replaced at its place, and every other byte stays."""

import json
import time
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.strict_json import parse_json
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.scheme import Scheme
from relay.core.verification.scheme_options import build_scheme
from relay.core.verification.strip_body import REMOVED, find_member_spans, strip_body

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=xyz"
SECRET = "the-secret-of-the-sender"


def api_key(place: str, **options: Any) -> Scheme:
    return build_scheme("api-key", {"signature": place, **options})


@pytest.mark.parametrize(
    ("scheme", "body", "stripped"),
    [
        ("vidyard", b'{"security_key": "s",\t"a":1}', b'{"security_key": "(removed)",\t"a":1}'),
        ("vidyard", b' {"a":{"security_key":"s"}}', b' {"a":{"security_key":"s"}}'),
        ("vidyard", b'{"security\\u005fkey":"s"}', b'{"security\\u005fkey":"(removed)"}'),
        (
            "vidyard",
            b'{"a":"security_key","security_key":12}',
            b'{"a":"security_key","security_key":"(removed)"}',
        ),
        ("vidyard", b'["security_key"]', b'["security_key"]'),
        (
            "vidyard",
            b'{"security_key":"s","security_key":"t"}',
            b'{"security_key":"(removed)","security_key":"(removed)"}',
        ),
        ("vidyard", b'{"security_key":"s" oops', b'{"security_key":"(removed)" oops'),
        ("vidyard", b"not json security_key", b"not json security_key"),
        (
            "mailgun",
            b'{"signature":{"timestamp":"1","token":"t","signature":"s"},"event-data":{"token":"mine"}}',
            b'{"signature":{"timestamp":"1","token":"(removed)","signature":"(removed)"},"event-data":{"token":"mine"}}',
        ),
        (
            "slack",
            b'{"token":"t","event":{"token":"mine"}}',
            b'{"token":"(removed)","event":{"token":"mine"}}',
        ),
        ("github", b'{"token":"t"}', b'{"token":"t"}'),
    ],
)
def test_the_place_of_the_scheme_in_json_is_replaced(scheme: str, body: bytes, stripped: bytes):
    assert strip_body(SCHEMES[scheme], body, "application/json") == stripped
    # A stored body may be stripped again.
    assert strip_body(SCHEMES[scheme], stripped, "application/json") == stripped


@pytest.mark.parametrize(
    ("body", "stripped"),
    [
        (b"a=1&token=s&b=%41", b"a=1&token=%28removed%29&b=%41"),
        (b"to%6ben=s&a+b=2", b"to%6ben=%28removed%29&a+b=2"),
        (b"token=s&token=t", b"token=%28removed%29&token=%28removed%29"),
        (b"tokens=s&x=token", b"tokens=s&x=token"),
    ],
)
def test_the_field_of_a_form_is_replaced(body: bytes, stripped: bytes):
    assert strip_body(api_key("form:token"), body, FORM) == stripped


def test_the_field_of_a_multipart_form_is_replaced():
    body = (
        b'--xyz\r\nContent-Disposition: form-data; name="token"\r\n\r\ns\r\n'
        b'--xyz\r\nContent-Disposition: form-data; name="other"\r\n\r\ns\r\n--xyz--\r\n'
    )
    stripped = strip_body(api_key("form:token"), body, MULTIPART)

    assert stripped == body.replace(b"\r\n\r\ns\r\n", b"\r\n\r\n(removed)\r\n", 1)


@pytest.mark.parametrize("content_type", [FORM, MULTIPART])
def test_json_in_a_form_field_is_replaced_at_its_path(content_type: str):
    document = f'{{"event": {{"event_type": "x", "event_hash": "{SECRET}"}}, "name": "é+ &%41"}}'
    if content_type == FORM:
        body = f"a=%41&{urlencode({'json': document})}&z=1".encode()
    else:
        part = f'--xyz\r\nContent-Disposition: form-data; name="json"\r\n\r\n{document}\r\n--xyz--\r\n'
        body = part.encode()
    stripped = strip_body(SCHEMES["dropbox-sign"], body, content_type)

    assert SECRET.encode() not in stripped
    if content_type == FORM:
        assert (stripped[:6], stripped[-4:]) == (b"a=%41&", b"&z=1")
        [text] = parse_qs(stripped.decode())["json"]
        assert json.loads(text) == json.loads(document.replace(SECRET, REMOVED))
        assert len(stripped) == len(body) - len(SECRET) + len("%28removed%29")
    else:
        assert stripped == body.replace(SECRET.encode(), REMOVED.encode())


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "key", "é"]), inner)
    ),
    max_leaves=12,
)


@given(value=json_values, ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_a_stripped_body_differs_at_the_place_alone(
    value: Any,
    ascii_only: bool,  # noqa: FBT001 - a parameter of the test
    indent: int | None,
):
    document = {"before": value, "a": {"b": value, "key": value, "c": value}, "key": value}
    raw = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode()
    scheme = api_key("json:a.key")

    stripped = strip_body(scheme, raw, "application/json")

    [(start, end)] = find_member_spans(raw, ["a", "key"])
    assert json.loads(raw[start:end]) == value
    assert stripped == raw[:start] + b'"(removed)"' + raw[end:]
    assert json.loads(stripped) == document | {"a": {"b": value, "key": REMOVED, "c": value}}


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=8), min_size=1, max_size=6))
def test_a_stripped_form_differs_at_the_place_alone(fields: dict[str, str]):
    body = urlencode(fields | {"token": SECRET}).encode()

    stripped = strip_body(api_key("form:token"), body, FORM)

    assert dict(parse_qsl(stripped.decode(), keep_blank_values=True)) == fields | {"token": REMOVED}


@given(st.binary(max_size=200), st.sampled_from([FORM, MULTIPART, "application/json", ""]))
def test_any_bytes_are_returned_without_an_error(body: bytes, content_type: str):
    for scheme in (*SCHEMES.values(), api_key("form:token"), api_key("json:a.b")):
        strip_body(scheme, body, content_type)


@pytest.mark.parametrize(
    "make",
    [
        lambda size: b'{"security_key":"s","a":[' + b"1," * size + b"1]}",
        lambda size: b'{"a":' + b"9" * size + b',"security_key":"s"}',
        lambda size: b'{"security_key":"' + b"\\u0041" * size + b'"}',
        lambda size: b'{"security_key":' + b"[" * size,
        lambda size: b'{"security_key":"s"' + b" " * size + b"}",
        lambda size: b'{"security_key":"s",' * size,
    ],
    ids=["list", "digits", "escapes", "brackets", "spaces", "members"],
)
def test_the_time_grows_with_the_size_alone(make: Any):
    def measure(size: int) -> float:
        body, durations = make(size), []
        for _ in range(3):
            started = time.process_time()
            strip_body(SCHEMES["vidyard"], body, "application/json")
            durations.append(time.process_time() - started)
        return min(durations)

    # Eight times the size may take at most 24 times as long; a quadratic scan takes 64 times.
    assert measure(160_000) < max(24 * measure(20_000), 0.05)


def test_a_body_without_the_place_parses_to_the_same_value():
    raw = b'{"a": [1, 2.5, "x"]}'

    assert parse_json(strip_body(SCHEMES["vidyard"], raw, "application/json")) == parse_json(raw)
