"""How every page is made: one template, one view, and what stands around it on all of them."""

import gzip
from typing import Any
from urllib.parse import quote, unquote

from flask import Blueprint, Response, redirect, render_template, request

from relay.core.roles import Principal, Role
from relay.dashboard import formatting as words
from relay.dashboard.assets import asset_url
from relay.web.context import WebContext, current

_THEMES = frozenset({"light", "dark"})
_TOLD = "relay_told"
_TOLD_SECONDS = 60
_LONGEST = 500
_PRESSING = 5

look = Blueprint("look", __name__, template_folder="templates")
"""Brings the templates, and the words they are written with, to the application."""

SECTIONS = (
    ("overview", "/ops/", "Overview", "o"),
    ("destinations", "/ops/destinations", "Destinations", "d"),
    ("sources", "/ops/sources", "Sources", "s"),
    ("events", "/ops/events", "Events", "e"),
    ("dead-letters", "/ops/dead-letters", "Dead letters", "l"),
    ("replays", "/ops/replays", "Replays", "r"),
    ("audit", "/ops/audit", "Audit", "a"),
    ("erasures", "/ops/erasures", "Erasures", "x"),
)
"""The navigation: name, address, text, and the key that goes there after `g`."""


def known_parts() -> WebContext:
    return current()


def render(template: str, *, visitor: Principal | None, status: int = 200, **shown: Any) -> Response:
    """A page. `visitor` is who looks, None before the sign-in; `shown` are the template's own names.

    By convention `page` is the dict that the API answers with, and `section` the place in the navigation. A template
    asks `may("operator")` before it offers a deed; whether it may be done, the deed itself checks.
    """
    now = known_parts().now()
    theme = request.cookies.get("relay_theme", "")
    around: dict[str, Any] = {
        "visitor": visitor,
        "may": lambda least: visitor is not None and visitor.role.covers(Role(least)),
        "now": now,
        "address": request.full_path,
        "theme": theme if theme in _THEMES else "",
        "told": unquote(request.cookies.get(_TOLD, ""))[:_LONGEST],
        "sections": SECTIONS,
        "section": "",
        "page": {},
    }
    response = Response(
        render_template(template, **around | shown), status, content_type="text/html; charset=utf-8"
    )
    if _TOLD in request.cookies and "HX-Request" not in request.headers:
        response.delete_cookie(_TOLD, path="/ops")
    return _pressed(response) if request.method == "GET" else response


def _pressed(response: Response) -> Response:
    """Smaller on its way: long tables repeat themselves. Not after a deed, whose answer may hold a secret that somebody
    who sees lengths could guess at.
    """
    response.headers.add("Vary", "Accept-Encoding")
    if request.accept_encodings.quality("gzip") > 0:
        response.data = gzip.compress(response.data, _PRESSING, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    return response


def told(where: str, sentence: str) -> Response:
    """After a deed: on to the page that shows what it did, with one sentence at its top."""
    response = redirect(where, 303)
    secure = request.is_secure
    text = quote(sentence[:_LONGEST])
    response.set_cookie(
        _TOLD, text, max_age=_TOLD_SECONDS, path="/ops", httponly=True, samesite="Lax", secure=secure
    )
    return response  # type: ignore[return-value]


def confirmed() -> bool:
    """Whether somebody has said yes: in the dialog, or on the page that stands in for it without JavaScript."""
    return request.form.get("confirmed") == "yes"


def ask(question: str, verb: str, *, back: str, visitor: Principal) -> Response:
    """The page that asks before a deed. Saying yes posts the same form again, confirmed."""
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "confirmed"]
    return render("confirm.html", visitor=visitor, question=question, verb=verb, back=back, fields=fields)


@look.app_context_processor
def _words() -> dict[str, Any]:
    return {"asset": asset_url}


@look.record_once
def _filters(state: Any) -> None:
    """The words of the pages, as filters of their templates."""
    filters = state.app.jinja_env.filters
    for name in ("figure", "counted", "span", "share", "distance", "clock", "pretty", "sentence", "tone"):
        filters[name] = getattr(words, name)
