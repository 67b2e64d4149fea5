"""Where a destination may be: Gong's own hosts over https, or a host that the operator has listed."""

import re
from collections.abc import Container

# Checked on the raw text and rebuilt from the match: URL parsers disagree on texts such as
# `https://evil.example\@api.gong.io`, and what one of them passed another would connect elsewhere.
_GONG = re.compile(r"https://((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)?api\.gong\.io)/?")
_OAUTH = re.compile(r"https://app\.gong\.io(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_LISTED = re.compile(
    r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?)((?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)/?"
)


def safe_base_url(text: str, allow_hosts: Container[str]) -> str | None:
    """The address without a trailing slash, or None where it may not be called.

    `allow_hosts` lists `host` or `host:port` exactly as an address writes it; http and a path are allowed there only.
    """
    if gong := _GONG.fullmatch(text):
        return f"https://{gong[1]}"
    return _listed(text, allow_hosts)


def safe_oauth_url(text: str, allow_hosts: Container[str]) -> str | None:
    """An address of Gong's own OAuth pages, or one at a host that the operator has listed; None for any other."""
    return text if _OAUTH.fullmatch(text) else _listed(text, allow_hosts)


def _listed(text: str, allow_hosts: Container[str]) -> str | None:
    listed = _LISTED.fullmatch(text)
    if listed and listed[2] in allow_hosts:
        return f"{listed[1]}://{listed[2]}{listed[3]}"
    return None
