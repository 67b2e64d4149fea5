"""A preset's case as its vendor posts it: signed by plain code that shares nothing with the verifier."""

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
"""Where the plain code believes that it posts to: some vendors sign that."""

SIGNED_BY_HEADER = {"seismic": "x-seismic-signature"}
"""Presets with a scheme of their own: the header that holds the hex HMAC of the body."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One signed request, and the secret that a source needs to believe it."""

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


def posted(preset: str, scheme: str, case: dict[str, Any]) -> Posted:
    """A case as `tests/presets` writes it, signed now."""
    sender = body_hmac(SIGNED_BY_HEADER[preset], bytes.hex) if scheme == "custom" else SENDERS[scheme]
    body = case["raw"].encode() if "raw" in case else orjson.dumps(case["body"])
    kind = case.get("content_type", "application/json")
    if scheme in _PROOF_IN_THE_BODY:
        signed = _PROOF_IN_THE_BODY[scheme](body, kind)
    else:
        signed = sender.request(datetime.now(UTC), body)
    return Posted(_as_in(case, signed, kind), sender.secret)


def _as_in(case: dict[str, Any], signed: SignedRequest, kind: str) -> SignedRequest:
    headers = {name: value for name, value in signed.headers if name not in {"Host", "Content-Type"}}
    pairs = [("Content-Type", kind), *(headers | case.get("headers", {})).items()]
    more = "&".join(f"{name}={value}" for name, value in case.get("query", {}).items())
    query = b"&".join(part for part in (signed.query_string, more.encode()) if part)
    return replace(signed, headers=pairs, query_string=query)


def happening_now(case: dict[str, Any]) -> dict[str, Any]:
    """A case of a vendor who signs the event's own time, and so would not be believed later: in body and events."""
    found = re.search(r'"event_time":"(\d+)"', case.get("raw", ""))
    if not found:
        return case
    old, new = int(found[1]), int(datetime.now(UTC).timestamp())
    text = orjson.dumps(case).decode().replace(str(old), str(new)).replace(_written(old), _written(new))
    moved: dict[str, Any] = orjson.loads(text)
    return moved


def _written(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _dropbox_sign(body: bytes, _: str) -> SignedRequest:
    told = re.search(rb'"event_time":"(\d+)","event_type":"(\w+)"(,"event_hash":"\w+")?', body)
    assert told, "the case is written as the vendor writes it"
    proof = f',"event_hash":"{mac(told[1] + told[2]).hex()}"'.encode()
    return post({}, body[: told.end(2) + 1] + proof + body[told.end() :])


def _vidyard(body: bytes, _: str) -> SignedRequest:
    return post({}, orjson.dumps(orjson.loads(body) | {"security_key": TEXT}))


_PROOF_IN_THE_BODY = {"dropbox-sign": _dropbox_sign, "vidyard": _vidyard}
