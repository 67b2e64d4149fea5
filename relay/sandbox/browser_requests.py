"""Rejects requests that a web page of another site makes through a browser on this machine or in this network.

Such a page can send requests to the sandbox, or can point a name of its own at the sandbox's address to read responses.
"""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from relay.sandbox.state import Sandbox

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_PAGE: Final = frozenset({"same-origin", "none"})
"""Values of Sec-Fetch-Site for a request of the sandbox's own page, and for one that a person made."""

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")


def reject_other_sites(app: WSGIApplication, sandbox: Sandbox) -> WSGIApplication:
    """Answer 403 to unknown host names, and to changes that a page of another site sends. Programs pass."""

    def reject_or_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        problem = _find_problem(environ, sandbox)
        if problem is None:
            return app(environ, start_response)
        body = json.dumps({"errors": [problem]}).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response("403 Forbidden", headers)
        return [body]

    return reject_or_app


def _find_problem(environ: WSGIEnvironment, sandbox: Sandbox) -> str | None:
    # Every browser sends Host.
    host = environ.get("HTTP_HOST")
    if host is not None and not _is_known_host(host, sandbox):
        return (
            "Host: the sandbox does not know this name. Add it to SANDBOX_ALLOW_HOSTS, or use localhost or "
            "the IP address."
        )
    if environ["REQUEST_METHOD"] not in _SAFE_METHODS and not _is_own_page(environ, host):
        return "Origin: pages of other sites may not change the sandbox. Programs send no Origin header."
    return None


def _is_known_host(host: str, sandbox: Sandbox) -> bool:
    if is_allowed_host(host, sandbox.settings.allow_hosts):
        return True
    return host.partition(":")[0].lower() in sandbox.companies.hosts


@lru_cache(maxsize=256)
def is_allowed_host(host: str, allow_hosts: str) -> bool:
    """True for IP addresses, localhost and names below it, and the names in `allow_hosts`; the port does not matter.

    A page can point only a name at another address, so an IP address in Host is never an attack.
    """
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match[1].lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost") or name in allow_hosts.split(","):
        return True
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _is_own_page(environ: WSGIEnvironment, host: str | None) -> bool:
    """True if no browser sent the request, or a page of the sandbox did."""
    if environ.get("HTTP_SEC_FETCH_SITE", "none") not in _OWN_PAGE:
        return False
    origin = environ.get("HTTP_ORIGIN")
    if origin is None or environ.get("HTTP_SEC_FETCH_SITE") == "same-origin":
        return True
    parts = urlsplit(origin)
    return parts.scheme in {"http", "https"} and bool(host) and parts.netloc.lower() == str(host).lower()
