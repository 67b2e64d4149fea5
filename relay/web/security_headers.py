"""Security headers of pages: no foreign or inline code, no caching, no framing."""

from flask import Response, request

from relay.web.context import current

PAGES = ("/ops", "/docs")
_STATIC = "/ops/static/"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: browsers would then send `Origin: null` with the relay's own forms. Over plain HTTP, the origin
    # is all that distinguishes them from another site's forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def add_security_headers(response: Response) -> Response:
    """Protect pages, and API responses to a browser's session, and extend the session when a page is loaded."""
    path = request.path
    if path.startswith(PAGES):
        response.headers.update(_HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        if request.method == "GET" and not path.startswith(_STATIC):
            current().auth.sessions.renew(request, response)
    elif "Cookie" in request.headers and path.startswith("/v1/"):
        # A browser must not cache this response, or render it as a page.
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Cache-Control"] = "no-store"
    return response
