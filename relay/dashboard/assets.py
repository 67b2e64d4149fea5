"""The files that the pages load: read and pressed once, served under addresses that change with their content."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, request, url_for

from relay.core.errors import NotFound

assets = Blueprint("assets", __name__)

_FOLDER = Path(__file__).with_name("static")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOR_A_YEAR = "public, max-age=31536000, immutable"
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent: plain, or pressed to a browser that takes that."""

    name: str
    digest: str
    plain: bytes
    pressed: bytes


def _read(path: Path) -> Asset:
    plain = path.read_bytes()
    digest = hashlib.sha256(plain).hexdigest()[:_DIGITS]
    return Asset(path.relative_to(_FOLDER).as_posix(), digest, plain, gzip.compress(plain, 9, mtime=0))


ASSETS: Mapping[str, Asset] = {
    asset.name: asset
    for asset in (_read(path) for path in sorted(_FOLDER.rglob("*")) if path.suffix in _TYPES)
}
"""Every file by its name below `static/`."""


def asset_url(name: str) -> str:
    """Where the file is found. A KeyError is a page's own mistake."""
    return url_for("assets.asset", digest=ASSETS[name].digest, name=name)


@assets.get("/ops/static/<digest>/<path:name>")
def asset(digest: str, name: str) -> Response:
    """One file. Its address holds its digest, so that a browser may keep it for good."""
    found = ASSETS.get(name)
    if found is None or found.digest != digest:
        raise NotFound("no_such_file", "The dashboard has no such file: load the page anew.")
    pressed = request.accept_encodings.quality("gzip") > 0
    response = Response(found.pressed if pressed else found.plain, content_type=_TYPES[Path(name).suffix])
    response.headers["Cache-Control"] = _FOR_A_YEAR
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if pressed:
        response.headers["Content-Encoding"] = "gzip"
    return response
