"""Guesses from a captured request how its sender signs, to suggest a `verify` section for a new source.

This only compares formats and positions. It needs no secret and verifies no signature.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from relay.core.verification.key import decode_strict
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.rejection import VerificationFailed
from relay.core.verification.request import SignedRequest, parse_json_body, read_values
from relay.core.verification.scheme import Algorithm, Field, FieldLocation, Scheme

_SIGNATURE_HEADER = re.compile(r"signature|hmac|digest")
_SIGNATURE = re.compile(r"(?P<prefix>[A-Za-z0-9_]{1,12}=)?(?P<text>[0-9A-Za-z+/_-]{27,128}=?=?)")
_DIGEST_BYTES = {Algorithm.HMAC_SHA1: 20, Algorithm.HMAC_SHA256: 32, Algorithm.HMAC_SHA512: 64}
_ALGORITHMS_BY_DIGEST_BYTES = {size: algorithm for algorithm, size in _DIGEST_BYTES.items()}
_HEX = re.compile(r"[0-9a-fA-F]+")


def detect_verification(request: SignedRequest) -> dict[str, Any] | None:
    """Suggest the source's `verify` section, without secrets. Returns None if nothing looks like a signature."""
    names = [name for name, scheme in SCHEMES.items() if _matches(scheme, request)]
    names.sort(key=lambda name: _specificity(SCHEMES[name]), reverse=True)
    return {"scheme": names[0]} if names else next(_detect_custom(request.headers), None)


def _specificity(scheme: Scheme) -> tuple[bool, int]:
    # A signature is better evidence than a plain token, and more matching fields are better than fewer.
    fields = (scheme.signature, scheme.timestamp, scheme.id, scheme.body_digest)
    return scheme.algorithm is not Algorithm.TOKEN, sum(field is not None for field in fields)


def _matches(scheme: Scheme, request: SignedRequest) -> bool:
    """True if the request has a signature of the right length and, if the scheme signs one, a timestamp."""
    if scheme.signature is None:
        return False
    texts = _read_texts(scheme.signature, request, scheme.json_field)
    size = _DIGEST_BYTES.get(scheme.algorithm)
    signatures = [text for text in texts if size in {None, len(decode_strict(text, scheme.encoding) or b"")}]
    has_timestamp = scheme.timestamp is None or any(_read_texts(scheme.timestamp, request, scheme.json_field))
    return any(signatures) and has_timestamp


def _read_texts(field: Field, request: SignedRequest, json_field: str) -> list[str]:
    try:
        document = parse_json_body(request, json_field) if field.location is FieldLocation.JSON else None
        return read_values(field, request, document)
    except VerificationFailed:
        return []


def _detect_custom(headers: Sequence[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Suggest a custom scheme from the first header that looks like a signature."""
    for name, value in headers:
        match = _SIGNATURE.fullmatch(value.strip())
        if match and _SIGNATURE_HEADER.search(name.lower()):
            yield from _custom_options(name.lower(), match.groupdict(default=""))


def _custom_options(header: str, parts: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the options for an HMAC of the body, which most senders use, if the length is that of a known digest."""
    text = parts["text"]
    is_hex = _HEX.fullmatch(text) is not None
    size = len(text) // 2 if is_hex else len(text.rstrip("=")) * 3 // 4
    algorithm = _ALGORITHMS_BY_DIGEST_BYTES.get(size)
    if algorithm is None:
        return
    options = {"scheme": "custom", "signature": f"header:{header}"}
    if parts["prefix"]:
        options["prefix"] = parts["prefix"]
    if algorithm is not Algorithm.HMAC_SHA256:
        options["algorithm"] = str(algorithm)
    if not is_hex:
        options["encoding"] = "base64"
    yield options
