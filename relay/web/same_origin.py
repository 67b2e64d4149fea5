"""Whether a browser's request comes from our own pages: what keeps other sites from acting in a signed-in person's name."""

from urllib.parse import urlsplit

from flask import Request

from relay.core.errors import Forbidden

_LOOKS_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})


def check_same_origin(request: Request, public_url: str | None) -> None:
    """Forbidden for a change that our own pages did not ask for. Requests that only look pass."""
    if request.method not in _LOOKS_ONLY and not is_same_origin(request, public_url):
        text = (
            "A browser that has signed in may change things from the relay's own pages only. Go back to the page and "
            "try again there; a program sends its key as `Authorization: Bearer KEY`."
        )
        raise Forbidden("cross_site", text)


def check_not_cross_site(request: Request, public_url: str | None) -> None:
    """Forbidden for a change that another site's page asked for. For keys that a browser may have kept (Basic).

    A program says nothing of where it comes from, and passes.
    """
    environ = request.environ
    told = environ.get("HTTP_SEC_FETCH_SITE", "none")
    silent = told == "none" and "HTTP_ORIGIN" not in environ
    if request.method not in _LOOKS_ONLY and not silent and not is_same_origin(request, public_url):
        text = "A browser sends a Basic password by itself, also where another site asks it to. Send a Bearer key."
        raise Forbidden("cross_site", text)


def is_same_origin(request: Request, public_url: str | None) -> bool:
    """Whether the browser says that one of our pages made it. A request that says nothing of it is not ours.

    Browsers send `Sec-Fetch-Site` over https and to localhost, else they send `Origin` with every form; no page can
    set either. A proxy may have changed `Host`, so the address that browsers use may also be told by `public_url`.
    """
    told = request.environ.get("HTTP_SEC_FETCH_SITE")
    if told is not None:
        return bool(told == "same-origin")
    origin = urlsplit(request.environ.get("HTTP_ORIGIN", ""))
    ours = {request.host.lower(), urlsplit(public_url).netloc.lower() if public_url else ""}
    return origin.scheme in {"http", "https"} and origin.netloc.lower() in ours - {""}
