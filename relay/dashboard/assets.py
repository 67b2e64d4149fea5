"""Static files of the dashboard: loaded and compressed once, and served at URLs that contain a digest of the content."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, request, url_for

from relay.core.errors import NotFound

assets = Blueprint("assets", __name__)

_FOLDER = Path(__file__).with_name("static")
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_CACHE_CONTROL = "public, max-age=31536000, immutable"
_DIGEST_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file, plain and compressed."""

    name: str
    digest: str
    plain: bytes
    gzipped: bytes


def _load(path: Path) -> Asset:
    plain = path.read_bytes()
    digest = hashlib.sha256(plain).hexdigest()[:_DIGEST_LENGTH]
    return Asset(path.relative_to(_FOLDER).as_posix(), digest, plain, gzip.compress(plain, 9, mtime=0))


ASSETS: Mapping[str, Asset] = {
    asset.name: asset
    for asset in (_load(path) for path in sorted(_FOLDER.rglob("*")) if path.suffix in _CONTENT_TYPES)
}
"""All static files by their path below `static/`."""


def asset_url(name: str) -> str:
    """Return the URL of a static file. Raises KeyError for a name that does not exist."""
    return url_for("assets.serve_asset", digest=ASSETS[name].digest, name=name)


@assets.get("/ops/static/<digest>/<path:name>")
def serve_asset(digest: str, name: str) -> Response:
    asset = ASSETS.get(name)
    if asset is None or asset.digest != digest:
        raise NotFound("no_such_file", "The dashboard has no such file. Reload the page.")
    accepts_gzip = request.accept_encodings.quality("gzip") > 0
    response = Response(
        asset.gzipped if accepts_gzip else asset.plain, content_type=_CONTENT_TYPES[Path(name).suffix]
    )
    # A new version of the file has a new URL, so that browsers may cache this one permanently.
    response.headers["Cache-Control"] = _CACHE_CONTROL
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if accepts_gzip:
        response.headers["Content-Encoding"] = "gzip"
    return response
