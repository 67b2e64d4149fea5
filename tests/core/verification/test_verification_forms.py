"""Forms are parsed into exact bytes, within limits; anything else is rejected."""

import pytest

from relay.core.verification.form_encoding import FIELDS_MAX, parse_form
from relay.core.verification.rejection import RejectionReason, VerificationFailed

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=XyZ"


def part(name: bytes, content: bytes) -> bytes:
    return b'--XyZ\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + content + b"\r\n"


@pytest.mark.parametrize(
    ("kind", "body", "fields"),
    [
        (URLENCODED, b"a=1&b=%C3%A9+%2B&a=&c&&=d", [(b"a", b"1"), (b"b", b"\xc3\xa9 +"), (b"a", b""), (b"c", b""), (b"", b"d")]),
        (URLENCODED.upper() + " ; charset=UTF-8", b"a=%ff%zz", [(b"a", b"\xff%zz")]),
        (MULTIPART, part(b"json", b"{}") + part(b"a b", b"\r\n-- \xff") + b"--XyZ--", [(b"json", b"{}"), (b"a b", b"\r\n-- \xff")]),
        (
            'Multipart/Form-Data; charset=utf-8; Boundary="XyZ"',
            b'--XyZ\r\nContent-Type: text/plain\r\nCONTENT-DISPOSITION: form-data; filename="x"; name="a"\r\n\r\n1\r\n--XyZ--\r\n',
            [(b"a", b"1")],
        ),
    ],
)  # fmt: skip
def test_a_form_is_parsed_into_its_names_and_values_in_order(kind, body, fields):
    assert parse_form(kind, body) == fields


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("", b"a=1"),
        ("application/json", b"a=1"),
        ("text/plain", b"a=1"),
        ("application/x-www-form-urlencoded-not", b"a=1"),
        (URLENCODED, b""),
        (URLENCODED, b"&&&"),
        ("multipart/form-data", part(b"a", b"1") + b"--XyZ--"),
        ("multipart/form-data; boundary=\ud800", b""),
        (MULTIPART, b""),
        (MULTIPART, b"--XyZ--"),
        (MULTIPART, part(b"a", b"1")),
        (MULTIPART, b"before\r\n" + part(b"a", b"1") + b"--XyZ--"),
        (MULTIPART, part(b"a", b"1") + b"--XyZ--after"),
        (MULTIPART, b"--XyZ\r\nContent-Disposition: form-data\r\n\r\n1\r\n--XyZ--"),
        (MULTIPART, b'--XyZ\r\nContent-Disposition: form-data; filename="a"\r\n\r\n1\r\n--XyZ--'),
        (MULTIPART, b'--XyZ\r\nContent-Disposition: form-data; name="a"\r\n1\r\n--XyZ--'),
    ],
)
def test_an_empty_or_malformed_form_is_rejected(kind, body):
    with pytest.raises(VerificationFailed) as error:
        parse_form(kind, body)

    assert error.value.reason is RejectionReason.UNREADABLE


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (URLENCODED, lambda count: b"&".join([b"a=1"] * count)),
        (MULTIPART, lambda count: part(b"a", b"1") * count + b"--XyZ--"),
    ],
)
def test_a_form_has_at_most_a_thousand_fields(kind, body):
    assert len(parse_form(kind, body(FIELDS_MAX))) == 1_000
    with pytest.raises(VerificationFailed):
        parse_form(kind, body(FIELDS_MAX + 1))
