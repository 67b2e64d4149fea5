"""What browsers are told with every page: load nothing from elsewhere, run nothing inline, keep nothing, frame nothing."""

from flask import Response, request

from relay.web.context import current

PAGES = ("/ops", "/docs")
_STATIC = "/ops/static/"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

# Not `no-referrer`: with it browsers write `Origin: null` on our own forms, which over plain http is all that tells
# them from another site's.
_REFERRERS = "same-origin"

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": _REFERRERS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def add_security_headers(response: Response) -> Response:
    """Guard a page, and what the API answers to a browser's session: it must neither be kept nor taken for a page."""
    path = request.path
    if path.startswith(PAGES):
        response.headers.update(_HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        if request.method == "GET" and not path.startswith(_STATIC):
            current().auth.sessions.renew(request, response)
    elif "Cookie" in request.headers and path.startswith("/v1/"):
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Cache-Control"] = "no-store"
    return response
