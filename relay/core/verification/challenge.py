"""Handshakes: requests by which a sender checks a new address, and the responses it expects."""

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
    """What the response contains."""

    ECHO = "echo"
    """The value at `echo`, as plain text."""
    ECHO_JSON = "echo-json"
    """A JSON object with that value under its own name."""
    HMAC_JSON = "hmac-json"
    """Zoom's response: that value, and its HMAC-SHA256 with the key that verified the request."""
    FIXED = "fixed"
    """The handshake's `text`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One handshake of a sender: how to recognize the request, and how to respond."""

    kind: ResponseKind
    methods: frozenset[str] = frozenset({"POST"})
    when: Field | None = None
    """The value that must equal `equals`. None matches every request with one of `methods`."""
    equals: str = ""
    echo: Field | None = None
    """The value that the response repeats."""
    text: str = ""
    requires_signature: bool = True
    """Whether to respond only after the request is verified."""


@dataclass(frozen=True, slots=True)
class ChallengeResponse:
    """The response. Its body may contain text from the request, so serve it with exactly this content type."""

    status: int
    content_type: str
    body: bytes


def answer_challenge(
    challenges: Sequence[Challenge],
    request: SignedRequest,
    *,
    verified: VerifiedRequest | None = None,
    keys: Sequence[VerifyingKey] = (),
) -> ChallengeResponse | None:
    """Return the response to a handshake, or None if the request is not one. Never raises.

    Call this before verification, and again after it with the `verified` request and the source's `keys`.
    """
    for challenge in challenges:
        if challenge.requires_signature == (verified is not None) and request.method in challenge.methods:
            response = _respond(challenge, request, _verifying_key(keys, verified))
            if response:
                return response
    return None


def _verifying_key(keys: Sequence[VerifyingKey], verified: VerifiedRequest | None) -> VerifyingKey | None:
    return next((key for key in keys if verified and key.id == verified.key_id), None)


def _respond(
    challenge: Challenge, request: SignedRequest, key: VerifyingKey | None
) -> ChallengeResponse | None:
    try:
        document = _parse_document(challenge, request)
        if challenge.when and read_value(challenge.when, request, document) != challenge.equals:
            return None
        if challenge.kind is ResponseKind.FIXED or challenge.echo is None:
            return ChallengeResponse(200, _PLAIN, challenge.text.encode())
        text = read_value(challenge.echo, request, document)
    except VerificationFailed:
        return None
    return _render_echo(challenge.kind, challenge.echo.name.rpartition(".")[2], text, key)


def _parse_document(challenge: Challenge, request: SignedRequest) -> Any:
    """Parse the JSON body if the handshake needs it and the body may be this handshake."""
    fields = (challenge.when, challenge.echo)
    needs_json = any(field and field.location is FieldLocation.JSON for field in fields)
    # This byte search rules out most events without parsing them.
    if not needs_json or challenge.equals.encode() not in request.body:
        return None
    return parse_json_body(request)


def _render_echo(
    kind: ResponseKind, name: str, text: str, key: VerifyingKey | None
) -> ChallengeResponse | None:
    # A request that is not verified may choose this text, so keep it short and printable.
    if len(text) > ECHO_MAX or not text.isprintable():
        return None
    if kind is ResponseKind.ECHO:
        return ChallengeResponse(200, _PLAIN, text.encode())
    if kind is ResponseKind.ECHO_JSON:
        return ChallengeResponse(200, _JSON, json.dumps({name: text}).encode())
    if key is None or not isinstance(key.secret, bytes):
        return None
    digest = hmac.digest(key.secret, text.encode(), "sha256").hex()
    return ChallengeResponse(200, _JSON, json.dumps({"plainToken": text, "encryptedToken": digest}).encode())


REACHABILITY_CHECK = Challenge(
    kind=ResponseKind.FIXED, methods=frozenset({"GET", "HEAD"}), requires_signature=False
)
"""Several senders send this request when a user enters the address."""


def _match_value(
    kind: ResponseKind, when: str, equals: str, *, echo: str = "json:challenge", signed: bool = True
) -> Challenge:
    return Challenge(
        kind=kind,
        when=parse_field(when),
        equals=equals,
        echo=parse_field(echo),
        requires_signature=signed,
    )


CHALLENGES: Mapping[str, tuple[Challenge, ...]] = {
    "slack": (_match_value(ResponseKind.ECHO, "json:type", "url_verification"),),
    "zoom": (
        _match_value(
            ResponseKind.HMAC_JSON, "json:event", "endpoint.url_validation", echo="json:payload.plainToken"
        ),
    ),
    "seismic": (_match_value(ResponseKind.ECHO, "json:type", "verification", signed=False),),
    "intercom": (
        Challenge(kind=ResponseKind.FIXED, when=parse_field("json:topic"), equals="ping"),
        REACHABILITY_CHECK,
    ),
    "mailchimp": (REACHABILITY_CHECK,),
    "mandrill": (REACHABILITY_CHECK,),
}
"""The handshakes of each sender that has any."""
