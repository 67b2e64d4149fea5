"""How a captured request may have been signed, told by what stands where: a suggestion for whoever sets its source up.

Nothing is proven here, and nothing secret is needed: only the places are looked at, never whether a signature is true.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from relay.core.verification.key import decode_strict
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.rejection import VerificationFailed
from relay.core.verification.request import SignedRequest, parse_json_body, read_values
from relay.core.verification.scheme import Algorithm, Field, FieldLocation, Scheme

_SPEAKS_OF_SIGNING = re.compile(r"signature|hmac|digest")
_WRITTEN = re.compile(r"(?P<prefix>[A-Za-z0-9_]{1,12}=)?(?P<text>[0-9A-Za-z+/_-]{27,128}=?=?)")
_SIZES = {Algorithm.HMAC_SHA1: 20, Algorithm.HMAC_SHA256: 32, Algorithm.HMAC_SHA512: 64}
"""In bytes."""
_BY_SIZE = {size: algorithm for algorithm, size in _SIZES.items()}
_HEX = re.compile(r"[0-9a-fA-F]+")


def detect_verification(request: SignedRequest) -> dict[str, Any] | None:
    """What `verify` of the source may say, without its secrets. None where nothing is known to be a proof."""
    names = [name for name, scheme in SCHEMES.items() if _fits(scheme, request)]
    # A signature says more than a key that is merely sent along, and a scheme with more places to fill more than another.
    names.sort(key=lambda name: _weight(SCHEMES[name]), reverse=True)
    return {"scheme": names[0]} if names else next(_of_its_own(request.headers), None)


def _weight(scheme: Scheme) -> tuple[bool, int]:
    places = (scheme.signature, scheme.timestamp, scheme.id, scheme.body_digest)
    return scheme.algorithm is not Algorithm.TOKEN, sum(place is not None for place in places)


def _fits(scheme: Scheme, request: SignedRequest) -> bool:
    """Whether a signature of the right size stands in its place, and a time where one is signed."""
    if scheme.signature is None:
        return False
    found = _found(scheme.signature, request, scheme.json_field)
    size = _SIZES.get(scheme.algorithm)
    signed = [text for text in found if size in {None, len(decode_strict(text, scheme.encoding) or b"")}]
    timed = scheme.timestamp is None or any(_found(scheme.timestamp, request, scheme.json_field))
    return any(signed) and timed


def _found(place: Field, request: SignedRequest, json_field: str) -> list[str]:
    try:
        document = parse_json_body(request, json_field) if place.location is FieldLocation.JSON else None
        return read_values(place, request, document)
    except VerificationFailed:
        return []


def _of_its_own(headers: Sequence[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """A scheme of the sender's own, as far as its header shows it: an HMAC of the body in most cases."""
    for name, value in headers:
        written = _WRITTEN.fullmatch(value.strip())
        if written and _SPEAKS_OF_SIGNING.search(name.lower()):
            yield from _columns(name.lower(), written.groupdict(default=""))


def _columns(header: str, written: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    text = written["text"]
    is_hex = _HEX.fullmatch(text) is not None
    algorithm = _BY_SIZE.get(len(text) // 2 if is_hex else len(text.rstrip("=")) * 3 // 4)
    if algorithm is None:
        return
    columns = {"scheme": "custom", "signature": f"header:{header}"}
    columns |= {"prefix": written["prefix"]} if written["prefix"] else {}
    columns |= {} if algorithm is Algorithm.HMAC_SHA256 else {"algorithm": str(algorithm)}
    yield columns | ({} if is_hex else {"encoding": "base64"})
