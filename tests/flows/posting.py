"""Posts a preset's case as its vendor does, signed by independent code that shares nothing with the verifier."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson
import requests

from relay.core.verification.request import SignedRequest
from tests.core.verification.senders import SENDERS, TEXT, body_hmac, mac, post

PUBLIC_URL = "https://relay.example.com"
PATH = "/v1/webhooks/partner"
"""The URL that the signing code assumes: some vendors sign it."""

SIGNED_BY_HEADER = {"seismic": "x-seismic-signature"}
"""Presets with a custom scheme: the header with the hex HMAC of the body."""


@dataclass(frozen=True, slots=True)
class SignedCase:
    """A signed request, and the secret that a source needs to verify it."""

    request: SignedRequest
    secret: str

    def send(self, base_url: str) -> requests.Response:
        query = self.request.query_string.decode()
        return requests.request(
            self.request.method,
            f"{base_url}{PATH}{'?' if query else ''}{query}",
            data=self.request.body,
            headers=dict(self.request.headers),
            timeout=10,
        )


def sign_case(preset: str, scheme: str, case: dict[str, Any]) -> SignedCase:
    """Sign a case of `tests/presets` now."""
    sender = body_hmac(SIGNED_BY_HEADER[preset], bytes.hex) if scheme == "custom" else SENDERS[scheme]
    body = case["raw"].encode() if "raw" in case else orjson.dumps(case["body"])
    kind = case.get("content_type", "application/json")
    if scheme in _SIGNATURE_IN_BODY:
        signed = _SIGNATURE_IN_BODY[scheme](body, kind)
    else:
        signed = sender.request(datetime.now(UTC), body)
    return SignedCase(_with_case_parts(case, signed, kind), sender.secret)


def _with_case_parts(case: dict[str, Any], signed: SignedRequest, kind: str) -> SignedRequest:
    headers = {name: value for name, value in signed.headers if name not in {"Host", "Content-Type"}}
    pairs = [("Content-Type", kind), *(headers | case.get("headers", {})).items()]
    extra = "&".join(f"{name}={value}" for name, value in case.get("query", {}).items())
    query = b"&".join(part for part in (signed.query_string, extra.encode()) if part)
    return replace(signed, headers=pairs, query_string=query)


def happening_now(case: dict[str, Any]) -> dict[str, Any]:
    """Move a case to now, in body and events, if its vendor signs the event's own time and would be rejected as too old."""
    match = re.search(r'"event_time":"(\d+)"', case.get("raw", ""))
    if not match:
        return case
    old, new = int(match[1]), int(datetime.now(UTC).timestamp())
    text = orjson.dumps(case).decode().replace(str(old), str(new)).replace(_iso(old), _iso(new))
    moved: dict[str, Any] = orjson.loads(text)
    return moved


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _dropbox_sign(body: bytes, _: str) -> SignedRequest:
    match = re.search(rb'"event_time":"(\d+)","event_type":"(\w+)"(,"event_hash":"\w+")?', body)
    assert match, "the case must be written as the vendor writes it"
    signature = f',"event_hash":"{mac(match[1] + match[2]).hex()}"'.encode()
    return post({}, body[: match.end(2) + 1] + signature + body[match.end() :])


def _vidyard(body: bytes, _: str) -> SignedRequest:
    return post({}, orjson.dumps(orjson.loads(body) | {"security_key": TEXT}))


_SIGNATURE_IN_BODY = {"dropbox-sign": _dropbox_sign, "vidyard": _vidyard}
