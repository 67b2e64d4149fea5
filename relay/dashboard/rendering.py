"""Renders the pages: one template, one query result, and the values that every page needs."""

import gzip
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode

from flask import Blueprint, Response, redirect, render_template, request

from relay.core.roles import Principal, Role
from relay.dashboard import formatting
from relay.dashboard.assets import asset_url
from relay.web.context import current

_THEMES = frozenset({"light", "dark"})
_MESSAGE_COOKIE = "relay_message"
_MESSAGE_SECONDS = 60
_MAX_MESSAGE_LENGTH = 500
_GZIP_LEVEL = 5

dashboard_templates = Blueprint("dashboard_templates", __name__, template_folder="templates")
"""Adds the templates, their filters and `asset` to the application."""

NAVIGATION = (
    ("overview", "/ops/", "Overview", "o"),
    ("destinations", "/ops/destinations", "Destinations", "d"),
    ("sources", "/ops/sources", "Sources", "s"),
    ("events", "/ops/events", "Events", "e"),
    ("dead-letters", "/ops/dead-letters", "Dead letters", "l"),
    ("replays", "/ops/replays", "Replays", "r"),
    ("audit", "/ops/audit", "Audit log", "a"),
    ("erasures", "/ops/erasures", "Erasures", "x"),
)
"""For each section its name, URL, label, and the key that opens it after `g`."""


def render(template: str, *, principal: Principal | None, status: int = 200, **values: Any) -> Response:
    """Render a page. `principal` is None before sign-in; `values` are the template's own variables.

    By convention `page` is the same dict that the API returns, and `section` the active entry of the navigation. A
    template shows an action only if `may("operator")` or the like is true; the action checks the role again.
    """
    theme = request.cookies.get("relay_theme", "")
    common: dict[str, Any] = {
        "principal": principal,
        "may": lambda role: principal is not None and principal.role.covers(Role(role)),
        "now": current().now(),
        "address": request.full_path,
        "theme": theme if theme in _THEMES else "",
        "message": unquote(request.cookies.get(_MESSAGE_COOKIE, ""))[:_MAX_MESSAGE_LENGTH],
        "navigation": NAVIGATION,
        "section": "",
        "page": {},
    }
    html = render_template(template, **common | values)
    response = Response(html, status, content_type="text/html; charset=utf-8")
    # A background refresh replaces only a part of the page, which does not contain the message.
    if _MESSAGE_COOKIE in request.cookies and "HX-Request" not in request.headers:
        response.delete_cookie(_MESSAGE_COOKIE, path="/ops")
    return _compress(response) if request.method == "GET" else response


def _compress(response: Response) -> Response:
    """Compress a page if the browser accepts that.

    Not used for the response to an action: it may contain a secret, which an observer of compressed lengths could guess.
    """
    response.headers.add("Vary", "Accept-Encoding")
    if request.accept_encodings.quality("gzip") > 0:
        response.data = gzip.compress(response.data, _GZIP_LEVEL, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    return response


def redirect_with_message(url: str, message: str) -> Response:
    """Redirect after an action, and show `message` once at the top of the next page."""
    response = redirect(url, 303)
    # The cookie expires soon, so that a message whose page was never loaded does not appear much later.
    response.set_cookie(
        _MESSAGE_COOKIE,
        quote(message[:_MAX_MESSAGE_LENGTH]),
        max_age=_MESSAGE_SECONDS,
        path="/ops",
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return response  # type: ignore[return-value]


def is_confirmed() -> bool:
    """True if the user has confirmed the action, in the dialog or (without JavaScript) on the confirmation page."""
    return request.form.get("confirmed") == "yes"


def confirm_page(question: str, button: str, *, back: str, principal: Principal) -> Response:
    """Ask for confirmation. The button submits the same form again, confirmed."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "confirmed"]
    return render(
        "confirm.html", principal=principal, question=question, button=button, back=back, fields=fields
    )


def page_links(
    path: str, filters: Mapping[str, str], *, cursor: str | None, next_cursor: str | None
) -> dict[str, str]:
    """Return the URLs of a list's newest page and of the next older page. A URL is empty if there is no such page."""
    return {
        "newest": _list_url(path, filters) if cursor else "",
        "older": _list_url(path, {**filters, "cursor": next_cursor}) if next_cursor else "",
    }


def _list_url(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


@dashboard_templates.app_context_processor
def _template_functions() -> dict[str, Any]:
    return {"asset": asset_url}


@dashboard_templates.record_once
def _register_filters(state: Any) -> None:
    state.app.jinja_env.filters |= {
        "number": formatting.format_number,
        "bytes": formatting.format_bytes,
        "pluralize": formatting.pluralize,
        "duration": formatting.format_duration,
        "percent": formatting.format_percent,
        "relative_time": formatting.relative_time,
        "time": formatting.format_time,
        "pretty_json": formatting.format_json,
        "humanize": formatting.humanize,
        "badge_tone": formatting.badge_tone,
    }
