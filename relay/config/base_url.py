"""Which addresses the relay may call: Gong's hosts over https, and hosts that the operator has listed."""

import re
from collections.abc import Container

# The raw text is matched and the address rebuilt from the match, because URL parsers disagree on texts such as
# `https://evil.example\@api.gong.io`: one parser would pass it as Gong's host and another connect elsewhere.
_GONG = re.compile(r"https://((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)?api\.gong\.io)/?")
_OAUTH = re.compile(r"https://app\.gong\.io(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_LISTED = re.compile(
    r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?)((?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)/?"
)


def safe_base_url(text: str, allow_hosts: Container[str]) -> str | None:
    """Return the address without a trailing slash; None if the relay may not call it.

    `allow_hosts` contains `host` or `host:port`, exactly as an address writes it. Only these may use http or a path.
    """
    if gong := _GONG.fullmatch(text):
        return f"https://{gong[1]}"
    return _listed(text, allow_hosts)


def safe_oauth_url(text: str, allow_hosts: Container[str]) -> str | None:
    """Return an address of Gong's OAuth pages or of a host that the operator has listed; None for any other."""
    return text if _OAUTH.fullmatch(text) else _listed(text, allow_hosts)


def _listed(text: str, allow_hosts: Container[str]) -> str | None:
    listed = _LISTED.fullmatch(text)
    if listed and listed[2] in allow_hosts:
        return f"{listed[1]}://{listed[2]}{listed[3]}"
    return None
