"""Parsers of signatures and of vendors' handshakes."""

from contextlib import suppress

from relay.core.verification.challenge import CHALLENGES, answer_challenge
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.parse_signature import parse_signature
from relay.core.verification.rejection import VerificationFailed
from relay.core.verification.request import SignedRequest
from tests.budgets.bodies import FORM, FORM_FIELDS, FORM_PARTS, MULTIPART, PART
from tests.budgets.hostile import HEADER_TEXT, JSON, repeat, some
from tests.budgets.parser import BODY, HEADER, Parser


def _post(
    *, body: bytes = b"", headers: str = "", query: str = "", content_type: str = FORM
) -> SignedRequest:
    names = {
        field.name.lower()
        for scheme in SCHEMES.values()
        for field in (scheme.signature, scheme.timestamp, scheme.id, scheme.body_digest)
        if field is not None
    }
    pairs = [(name, headers) for name in sorted(names)] if headers else []
    return SignedRequest(
        method="POST",
        public_url="https://relay.example.com/v1/webhooks/partner",
        headers=[("content-type", content_type), *pairs],
        query_string=query.encode(),
        body=body,
    )


def _check_signatures(request: SignedRequest) -> None:
    for scheme in SCHEMES.values():
        if scheme.signature is not None:
            with suppress(VerificationFailed):
                parse_signature(scheme, scheme.signature, request)


def _answer_challenges(text: str) -> None:
    request = _post(body=text.encode(), content_type="application/json")
    for challenges in CHALLENGES.values():
        answer_challenge(challenges, request)


_SIGNATURE_HEADERS = {
    "commas": repeat(","),
    "signatures": repeat("v1,YQ== "),
    "pairs": repeat("t=1,v1=aa,"),
    "equals signs": repeat("="),
    "spaces": repeat(" "),
    "digits": repeat("1"),
    "base64": repeat("YQ"),
    "dots": repeat("."),
    "fractions of seconds": repeat("1", "2026-11-20T10:00:00."),
}

PARSERS = (
    Parser(
        name="signature: form",
        limit=BODY,
        run=lambda text: _check_signatures(_post(body=text.encode())),
        hostile=some(FORM_FIELDS, "separators", "percent escapes", "fields with one name", "equals signs"),
    ),
    Parser(
        name="signature: multipart form",
        limit=BODY,
        run=lambda text: _check_signatures(_post(body=text.encode(), content_type=MULTIPART)),
        hostile=FORM_PARTS
        | {
            "names that are never closed": repeat(' name="', PART),
            "lines of a head": repeat("\ncontent-disposition:", PART),
        },
    ),
    Parser(
        name="signature: JSON",
        limit=BODY,
        run=lambda text: _check_signatures(_post(body=text.encode(), content_type="application/json")),
        hostile=some(JSON, "never-closed string of escaped quotes", "empty objects", "different keys"),
    ),
    Parser(
        name="signature: headers",
        limit=HEADER,
        run=lambda text: _check_signatures(_post(body=b"{}", headers=text)),
        hostile=_SIGNATURE_HEADERS,
    ),
    Parser(
        name="signature: query",
        limit=HEADER,
        run=lambda text: _check_signatures(_post(query=text)),
        hostile=some(HEADER_TEXT, "ampersands", "percent signs", "pairs"),
    ),
    Parser(
        name="handshakes",
        limit=BODY,
        run=_answer_challenges,
        hostile=some(JSON, "never-closed string of escaped quotes", "escaped letters", "empty objects"),
    ),
)
