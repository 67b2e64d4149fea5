"""Forgeries made from a true request by rule: one bit, one header, one moment or one key changed at a time."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

from relay.core.verification.key import VerifyingKey
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.request import SignedRequest
from relay.core.verification.scheme import Field, FieldLocation, Scheme, SignedPart
from tests.core.verification.senders import NOW, SENDERS, Sender, keys_of

Forgery = tuple[str, SignedRequest, Sequence[VerifyingKey]]

UNSIGNED = {"host", "content-type", "x-github-delivery"}
"""Headers that no sender signs."""
FORM_TYPE = "application/x-www-form-urlencoded"


def forgeries(name: str) -> Iterator[Forgery]:
    """Each with a label that says what was changed, the request, and the keys to ask."""
    scheme, sender, keys = SCHEMES[name], SENDERS[name], keys_of(name)
    true = sender.request()
    changed = [
        *_of_headers(scheme, true),
        *_of_query(true),
        *_of_url(scheme, true),
        *_of_body(scheme, sender, true),
    ]
    yield from ((label, request, keys) for label, request in changed)
    yield "another key", true, keys_of(name, sender.wrong)
    if sender.is_timed:
        for far in (scheme.tolerance_seconds + 1, scheme.tolerance_seconds * 1000, 400 * 86400):
            yield f"{far} s old", sender.request(NOW - timedelta(seconds=far)), keys
            yield f"{far} s ahead", sender.request(NOW + timedelta(seconds=far)), keys


def _of_headers(scheme: Scheme, true: SignedRequest) -> Iterator[tuple[str, SignedRequest]]:
    for at, (name, value) in enumerate(true.headers):
        if name.lower() in UNSIGNED:
            continue
        for forged in _other_texts(scheme, value):
            yield f"{name}: {forged!r}", _with_headers(true, at, [(name, forged)])
        yield f"no {name}", _with_headers(true, at, [])
        for second in (value, "", value[::-1]):
            yield f"{name} twice", _with_headers(true, at, [(name, value), (name.upper(), second)])
            yield f"{name} twice", _with_headers(true, at, [(name.lower(), second), (name, value)])


def _with_headers(true: SignedRequest, at: int, instead: list[tuple[str, str]]) -> SignedRequest:
    return replace(true, headers=[*true.headers[:at], *instead, *true.headers[at + 1 :]])


def _other_texts(scheme: Scheme, value: str) -> Iterator[str]:
    for forged in _flipped(value):
        if not (_is_prefix_in_another_case(scheme, value, forged)):
            yield forged
    yield from (
        "",
        " ",
        ",",
        "=",
        "0",
        value[:-1],
        value[1:],
        value[::-1],
        value + "=",
        value + "\n",
        "\ufeff" + value,
    )
    yield from (
        value + "é",
        value + "✓",
        value + "\ud800",
        "é",
        value.encode().hex(),
        value.replace("a", "á") + "á",
    )
    if scheme.timestamp and scheme.timestamp.prefix:
        yield from (
            f"{value},t=1790000000",
            f"t=1790000000,{value}",
            value.replace("t=", "t=+"),
            f"{value},t=",
        )
    if value.isdecimal():
        yield from (
            f"{value}.0",
            f"{value}.999e0",
            f"+{value}",
            f"{value}0",
            f"0{value}",
            str(int(value) - 1),
        )
        yield from (f"{value} ", f"1_{value[2:]}", "-1", "9" * 400, "٣" * len(value))


def _is_prefix_in_another_case(scheme: Scheme, value: str, forged: str) -> bool:
    """The name before the credentials in Authorization has no case."""
    field = scheme.signature
    return bool(field and field.ignore_case) and value.lower() == forged.lower() and value[6:] == forged[6:]


def _flipped(text: str) -> Iterator[str]:
    for at, letter in enumerate(text):
        for bit in range(8):
            yield f"{text[:at]}{chr(ord(letter) ^ 1 << bit)}{text[at + 1 :]}"


def _of_query(true: SignedRequest) -> Iterator[tuple[str, SignedRequest]]:
    query = true.query_string.decode()
    if not query:
        return
    for forged in (*_flipped(query), "", f"{query}&{query}", query + "%00", query[:-1]):
        # `%3a` and `%3A` are one character, which HubSpot signs plainly.
        if not ("%3A" in query and forged.lower() == query.lower()):
            yield f"?{forged}", replace(true, query_string=forged.encode("latin-1"))
    if "signature=" in query:
        signature = query.partition("=")[2]
        for forged in (f"signature={signature[::-1]}", f"Signature={signature}", f"signature[]={signature}"):
            yield f"?{forged}", replace(true, query_string=forged.encode())


def _of_url(scheme: Scheme, true: SignedRequest) -> Iterator[tuple[str, SignedRequest]]:
    if SignedPart.URL in scheme.signed:
        for url in (true.public_url + "/", true.public_url.replace("https", "http"), "", "https://é.example"):
            yield f"sent to {url}", replace(true, public_url=url)
        yield "another query", replace(true, query_string=true.query_string + b"&x=1")
    if SignedPart.METHOD in scheme.signed:
        for method in ("GET", "post", "", "PÖST"):
            yield method, replace(true, method=method)


def _of_body(scheme: Scheme, sender: Sender, true: SignedRequest) -> Iterator[tuple[str, SignedRequest]]:
    bodies = _other_bodies(true.body) if "body" in sender.covers else _other_members(scheme, true.body)
    for forged in bodies:
        if not (SignedPart.FORM in scheme.signed and _same_form(forged, true.body)):
            yield f"body {forged!r}", replace(true, body=forged)
    for name, value in true.headers:
        if name == "Content-Type" and value == FORM_TYPE:
            others = [(n, "application/json" if n == name else v) for n, v in true.headers]
            yield "a form called JSON", replace(true, headers=others)


def _other_bodies(body: bytes) -> Iterator[bytes]:
    for at in range(0, len(body), max(1, len(body) // 24)):
        for bit in range(8):
            yield body[:at] + bytes([body[at] ^ 1 << bit]) + body[at + 1 :]
    yield from (b"", body[:-1], body[1:], body + b" ", body + b"\0", b" " + body, body * 2, body + b"&&a=")


def _other_members(scheme: Scheme, body: bytes) -> Iterator[bytes]:
    """Bodies in which a signed member of the JSON is another, or is not there."""
    places = [scheme.signature, scheme.timestamp, scheme.id, *scheme.signed]
    names = [
        place.name for place in places if isinstance(place, Field) and place.location is FieldLocation.JSON
    ]
    for name in names:
        member = name.rpartition(".")[2].encode()
        found = re.search(rb'("%s": )"([^"]*)"' % member, body)
        assert found, f"the body has no {name}"
        before, after = body[: found.start(2)], body[found.end(2) :]
        for forged in (*_flipped(found[2].decode()), "", "é", "\\ud800", found[2].decode()[::-1]):
            yield before + forged.encode("latin-1") + after
        for instead in (b"null", b"true", b"[]", b"{}", b"1.5", b"1e3", b"NaN", b'"a", ' + found[0]):
            yield body[: found.start()] + found[1] + instead + body[found.end() :]
        yield body.replace(b'"' + member + b'"', b'"other"')
    if names:
        yield from (
            b"",
            b"[]",
            b"{}",
            b"null",
            b"[" * 100_000,
            b"\xff",
            body[:-1],
            body + b"x",
            b"\xef\xbb\xbf" + body,
        )


def _same_form(one: bytes, other: bytes) -> bool:
    """A form may be written in several ways, and the signature is of what it says."""
    texts = [
        "".join(map("".join, sorted(set(parse_qsl(raw.decode("latin-1"), keep_blank_values=True)))))
        for raw in (one, other)
    ]
    return texts[0] == texts[1]
