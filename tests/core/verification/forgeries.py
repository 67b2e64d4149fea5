"""Forgeries made from a genuine request: each changes one bit, header, timestamp or key."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

from relay.core.verification.key import VerifyingKey
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.request import SignedRequest
from relay.core.verification.scheme import Field, FieldLocation, Scheme, SignedPart
from tests.core.verification.senders import NOW, SENDERS, Sender, load_sender_keys

Forgery = tuple[str, SignedRequest, Sequence[VerifyingKey]]

UNSIGNED = {"host", "content-type", "x-github-delivery"}
"""Headers that no sender signs."""
FORM_TYPE = "application/x-www-form-urlencoded"


def forge_requests(name: str) -> Iterator[Forgery]:
    """Yield each forgery: a label that says what changed, the request, and the keys to verify it with."""
    scheme, sender, keys = SCHEMES[name], SENDERS[name], load_sender_keys(name)
    genuine = sender.request()
    changed = [
        *_forge_headers(scheme, genuine),
        *_forge_query(genuine),
        *_forge_url(scheme, genuine),
        *_forge_body(scheme, sender, genuine),
    ]
    yield from ((label, request, keys) for label, request in changed)
    yield "another key", genuine, load_sender_keys(name, sender.wrong)
    if sender.signs_timestamp:
        for seconds in (scheme.tolerance_seconds + 1, scheme.tolerance_seconds * 1000, 400 * 86400):
            yield f"{seconds} s old", sender.request(NOW - timedelta(seconds=seconds)), keys
            yield f"{seconds} s ahead", sender.request(NOW + timedelta(seconds=seconds)), keys


def _forge_headers(scheme: Scheme, genuine: SignedRequest) -> Iterator[tuple[str, SignedRequest]]:
    for index, (name, value) in enumerate(genuine.headers):
        if name.lower() in UNSIGNED:
            continue
        for forged in _forge_text(scheme, value):
            yield f"{name}: {forged!r}", _replace_header(genuine, index, [(name, forged)])
        yield f"no {name}", _replace_header(genuine, index, [])
        for second in (value, "", value[::-1]):
            yield f"{name} twice", _replace_header(genuine, index, [(name, value), (name.upper(), second)])
            yield f"{name} twice", _replace_header(genuine, index, [(name.lower(), second), (name, value)])


def _replace_header(genuine: SignedRequest, index: int, headers: list[tuple[str, str]]) -> SignedRequest:
    return replace(genuine, headers=[*genuine.headers[:index], *headers, *genuine.headers[index + 1 :]])


def _forge_text(scheme: Scheme, value: str) -> Iterator[str]:
    for forged in _flip_bits(value):
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
    """True if only the case of the Authorization scheme differs, which does not matter."""
    field = scheme.signature
    return bool(field and field.ignore_case) and value.lower() == forged.lower() and value[6:] == forged[6:]


def _flip_bits(text: str) -> Iterator[str]:
    for index, letter in enumerate(text):
        for bit in range(8):
            yield f"{text[:index]}{chr(ord(letter) ^ 1 << bit)}{text[index + 1 :]}"


def _forge_query(genuine: SignedRequest) -> Iterator[tuple[str, SignedRequest]]:
    query = genuine.query_string.decode()
    if not query:
        return
    for forged in (*_flip_bits(query), "", f"{query}&{query}", query + "%00", query[:-1]):
        # `%3a` and `%3A` are the same character. HubSpot decodes it before it signs.
        if not ("%3A" in query and forged.lower() == query.lower()):
            yield f"?{forged}", replace(genuine, query_string=forged.encode("latin-1"))
    if "signature=" in query:
        signature = query.partition("=")[2]
        for forged in (f"signature={signature[::-1]}", f"Signature={signature}", f"signature[]={signature}"):
            yield f"?{forged}", replace(genuine, query_string=forged.encode())


def _forge_url(scheme: Scheme, genuine: SignedRequest) -> Iterator[tuple[str, SignedRequest]]:
    if SignedPart.URL in scheme.signed:
        for url in (
            genuine.public_url + "/",
            genuine.public_url.replace("https", "http"),
            "",
            "https://é.example",
        ):
            yield f"sent to {url}", replace(genuine, public_url=url)
        yield "another query", replace(genuine, query_string=genuine.query_string + b"&x=1")
    if SignedPart.METHOD in scheme.signed:
        for method in ("GET", "post", "", "PÖST"):
            yield method, replace(genuine, method=method)


def _forge_body(
    scheme: Scheme, sender: Sender, genuine: SignedRequest
) -> Iterator[tuple[str, SignedRequest]]:
    bodies = (
        _forge_bytes(genuine.body) if "body" in sender.covers else _forge_json_members(scheme, genuine.body)
    )
    for forged in bodies:
        if not (SignedPart.FORM in scheme.signed and _same_form(forged, genuine.body)):
            yield f"body {forged!r}", replace(genuine, body=forged)
    for name, value in genuine.headers:
        if name == "Content-Type" and value == FORM_TYPE:
            headers = [(n, "application/json" if n == name else v) for n, v in genuine.headers]
            yield "a form sent as JSON", replace(genuine, headers=headers)


def _forge_bytes(body: bytes) -> Iterator[bytes]:
    for index in range(0, len(body), max(1, len(body) // 24)):
        for bit in range(8):
            yield body[:index] + bytes([body[index] ^ 1 << bit]) + body[index + 1 :]
    yield from (b"", body[:-1], body[1:], body + b" ", body + b"\0", b" " + body, body * 2, body + b"&&a=")


def _forge_json_members(scheme: Scheme, body: bytes) -> Iterator[bytes]:
    """Yield bodies in which a signed member of the JSON is changed or missing."""
    fields = [scheme.signature, scheme.timestamp, scheme.id, *scheme.signed]
    names = [
        field.name for field in fields if isinstance(field, Field) and field.location is FieldLocation.JSON
    ]
    for name in names:
        member = name.rpartition(".")[2].encode()
        match = re.search(rb'("%s": )"([^"]*)"' % member, body)
        assert match, f"the body has no {name}"
        before, after = body[: match.start(2)], body[match.end(2) :]
        for forged in (*_flip_bits(match[2].decode()), "", "é", "\\ud800", match[2].decode()[::-1]):
            yield before + forged.encode("latin-1") + after
        for value in (b"null", b"true", b"[]", b"{}", b"1.5", b"1e3", b"NaN", b'"a", ' + match[0]):
            yield body[: match.start()] + match[1] + value + body[match.end() :]
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


def _same_form(first: bytes, second: bytes) -> bool:
    """True if two forms have the same fields. The signature does not cover their encoding."""
    texts = [
        "".join(map("".join, sorted(set(parse_qsl(raw.decode("latin-1"), keep_blank_values=True)))))
        for raw in (first, second)
    ]
    return texts[0] == texts[1]
