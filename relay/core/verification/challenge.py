"""Handshakes: what a sender asks of a new address before it sends events, and what it must be answered."""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from relay.core.verification.key import VerifyingKey
from relay.core.verification.rejection import VerificationFailed
from relay.core.verification.request import SignedRequest, parse_json_body, read_value
from relay.core.verification.scheme import Field, FieldLocation, parse_field
from relay.core.verification.verify import VerifiedRequest

ECHO_MAX = 500
_PLAIN, _JSON = "text/plain; charset=utf-8", "application/json"


class ResponseKind(StrEnum):
    """What the answer is made of."""

    ECHO = "echo"
    """The value at `echo`, as plain text."""
    ECHO_JSON = "echo-json"
    """A JSON object with that value under its own name."""
    PROOF = "proof"
    """Zoom's: that value, and its HMAC-SHA256 by the key that accepted the request."""
    FIXED = "fixed"
    """The `text`."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One handshake: how it is known, and how it is answered. Where `signed`, only once the request is accepted."""

    kind: ResponseKind
    methods: frozenset[str] = frozenset({"POST"})
    when: Field | None = None
    equals: str = ""
    echo: Field | None = None
    text: str = ""
    signed: bool = True


@dataclass(frozen=True, slots=True)
class ChallengeResponse:
    """What to answer. The body is text that a request chose: it may be shown as nothing but its content type."""

    status: int
    content_type: str
    body: bytes


def answer_challenge(
    challenges: Sequence[Challenge],
    request: SignedRequest,
    *,
    accepted: VerifiedRequest | None = None,
    keys: Sequence[VerifyingKey] = (),
) -> ChallengeResponse | None:
    """The answer to a handshake, or None where the request is an event. Total.

    Asked twice: before verification, and again with what was `accepted` and by which `keys`.
    """
    for row in challenges:
        if row.signed == (accepted is not None) and request.method in row.methods:
            answer = _answer(row, request, _accepting(keys, accepted))
            if answer:
                return answer
    return None


def _accepting(keys: Sequence[VerifyingKey], accepted: VerifiedRequest | None) -> VerifyingKey | None:
    return next((key for key in keys if accepted and key.id == accepted.key_id), None)


def _answer(row: Challenge, request: SignedRequest, key: VerifyingKey | None) -> ChallengeResponse | None:
    try:
        document = _document(row, request)
        if row.when and read_value(row.when, request, document) != row.equals:
            return None
        if row.kind is ResponseKind.FIXED or row.echo is None:
            return ChallengeResponse(200, _PLAIN, row.text.encode())
        echo = read_value(row.echo, request, document)
    except VerificationFailed:
        return None
    return _echoed(row.kind, row.echo.name.rpartition(".")[2], echo, key)


def _document(row: Challenge, request: SignedRequest) -> Any:
    """The JSON of the body, where the handshake is told by it. Most events are told apart without reading them."""
    fields = [place for place in (row.when, row.echo) if place and place.location is FieldLocation.JSON]
    if not fields or row.equals.encode() not in request.body:
        return None
    return parse_json_body(request)


def _echoed(kind: ResponseKind, name: str, echo: str, key: VerifyingKey | None) -> ChallengeResponse | None:
    if len(echo) > ECHO_MAX or not echo.isprintable():
        return None
    if kind is ResponseKind.ECHO:
        return ChallengeResponse(200, _PLAIN, echo.encode())
    if kind is ResponseKind.ECHO_JSON:
        return ChallengeResponse(200, _JSON, json.dumps({name: echo}).encode())
    if key is None or not isinstance(key.secret, bytes):
        return None
    proof = hmac.digest(key.secret, echo.encode(), "sha256").hex()
    return ChallengeResponse(200, _JSON, json.dumps({"plainToken": echo, "encryptedToken": proof}).encode())


REACHABILITY_CHECK = Challenge(ResponseKind.FIXED, frozenset({"GET", "HEAD"}), signed=False)
"""Is anyone there? Several senders ask so when the address is typed in."""


def _by_type(
    kind: ResponseKind, when: str, equals: str, *, echo: str = "json:challenge", signed: bool = True
) -> Challenge:
    return Challenge(kind, when=parse_field(when), equals=equals, echo=parse_field(echo), signed=signed)


CHALLENGES: Mapping[str, tuple[Challenge, ...]] = {
    "slack": (_by_type(ResponseKind.ECHO, "json:type", "url_verification"),),
    "zoom": (
        _by_type(ResponseKind.PROOF, "json:event", "endpoint.url_validation", echo="json:payload.plainToken"),
    ),
    "seismic": (_by_type(ResponseKind.ECHO, "json:type", "verification", signed=False),),
    "intercom": (
        Challenge(ResponseKind.FIXED, when=parse_field("json:topic"), equals="ping"),
        REACHABILITY_CHECK,
    ),
    "mailchimp": (REACHABILITY_CHECK,),
    "mandrill": (REACHABILITY_CHECK,),
}
"""The handshakes of senders, by name."""
