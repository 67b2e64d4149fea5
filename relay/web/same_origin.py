"""CSRF protection: changes from a signed-in browser must come from the relay's own pages."""

from urllib.parse import urlsplit

from flask import Request

from relay.core.errors import Forbidden

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def check_same_origin(request: Request, public_url: str | None) -> None:
    """Raise Forbidden for a change that was not sent from one of the relay's pages."""
    if request.method not in _SAFE_METHODS and not is_same_origin(request, public_url):
        text = (
            "A signed-in browser can change things only from the relay's own pages. Go back to the page and try "
            "again. A program sends its key as `Authorization: Bearer KEY`."
        )
        raise Forbidden("cross_site", text)


def check_not_cross_site(request: Request, public_url: str | None) -> None:
    """Raise Forbidden for a change that another site's page sent.

    For Basic authentication, which browsers remember. A program sends no origin at all, and passes.
    """
    environ = request.environ
    has_no_origin = environ.get("HTTP_SEC_FETCH_SITE", "none") == "none" and "HTTP_ORIGIN" not in environ
    if request.method in _SAFE_METHODS or has_no_origin or is_same_origin(request, public_url):
        return
    text = "Browsers send a Basic password automatically, also for requests of other sites. Send a Bearer key instead."
    raise Forbidden("cross_site", text)


def is_same_origin(request: Request, public_url: str | None) -> bool:
    """True if the browser states that one of the relay's pages sent the request.

    public_url: the address that browsers use. Behind a proxy that changes `Host`, only this setting names it.
    """
    # Browsers send Sec-Fetch-Site over HTTPS and to localhost, and Origin with every form elsewhere. A page's script
    # cannot set either header. A request with neither does not count as ours.
    fetch_site = request.environ.get("HTTP_SEC_FETCH_SITE")
    if fetch_site is not None:
        return bool(fetch_site == "same-origin")
    origin = urlsplit(request.environ.get("HTTP_ORIGIN", ""))
    own_hosts = {request.host.lower()}
    if public_url:
        own_hosts.add(urlsplit(public_url).netloc.lower())
    return origin.scheme in {"http", "https"} and origin.netloc.lower() in own_hosts - {""}
