"""The page at `/`: what this Gong has received, newest first, so that one sees an event arrive."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from flask import Blueprint, Response, jsonify, render_template, request

from relay.sandbox import ledger
from relay.sandbox.settings import SandboxSettings
from relay.sandbox.state import Sandbox
from relay.sandbox.summary import Summary, summary

ROWS: Final = 100
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One received event as the page shows it."""

    number: int
    event: ledger.Accepted
    summary: Summary
    received: datetime
    body: str


def blueprint(sandbox: Sandbox) -> Blueprint:
    page = Blueprint("page", __name__)

    @page.get("/")
    def timeline() -> Response:
        return guarded(Response(render_template("timeline.html", **_timeline(sandbox, after=0))))

    @page.get("/newer")
    def newer() -> Response:
        """The rows that came after the newest one shown, for the page's script to put on top."""
        shown = _timeline(sandbox, after=request.args.get("after", 0, type=int))
        counts = {name: shown[name] for name in ("received", "resets", "names")}
        return guarded(jsonify(html=render_template("rows.html", **shown), **counts))

    return page


def _timeline(sandbox: Sandbox, *, after: int) -> dict[str, Any]:
    company = request.args.get("company") or None
    with sandbox.lock:
        numbered = ledger.newest(sandbox.ledger, company, ROWS)
        received, resets = sandbox.ledger.received, sandbox.ledger.resets
    return {
        "rows": [_row(number, event) for number, event in numbered if number > after],
        "received": received,
        "resets": resets,
        "company": company,
        "names": sorted(sandbox.companies.by_name),
        "url": request.host_url.rstrip("/"),
        "credentials": _credentials(sandbox.settings),
    }


def _row(number: int, event: ledger.Accepted) -> Row:
    received = datetime.fromtimestamp(event.received_at, UTC)
    body = json.dumps(event.body, indent=2, ensure_ascii=False)
    return Row(number, event, summary(event), received, body)


def _credentials(settings: SandboxSettings) -> str:
    """For the example: the well-known default pair, never a secret that somebody set."""
    default = SandboxSettings()
    known = (default.access_key, default.access_key_secret)
    return ":".join(known) if (settings.access_key, settings.access_key_secret) == known else "KEY:SECRET"


def guarded(response: Response, *, form_ends_at: str = "") -> Response:
    """Event text is a stranger's: besides escaping it, let the browser run and load nothing but our own files."""
    response.headers["Content-Security-Policy"] = f"{POLICY} {form_ends_at}".rstrip()
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
