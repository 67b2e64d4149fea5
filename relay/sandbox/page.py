"""The timeline at `/`: the events that this Gong received, newest first, updated while the page is open."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from flask import Blueprint, Response, jsonify, render_template, request

from relay.sandbox import ledger
from relay.sandbox.settings import SandboxSettings
from relay.sandbox.state import Sandbox
from relay.sandbox.summary import Summary, summarize

MAX_ROWS: Final = 100
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRow:
    """One received event as the page shows it."""

    number: int
    event: ledger.AcceptedEvent
    summary: Summary
    received: datetime
    body: str


def blueprint(sandbox: Sandbox) -> Blueprint:
    page = Blueprint("page", __name__)

    @page.get("/")
    def show_timeline() -> Response:
        return secure_response(Response(render_template("timeline.html", **_timeline(sandbox, after=0))))

    @page.get("/newer")
    def show_newer() -> Response:
        """Return the rows after the newest one on the page, for its script to insert at the top."""
        values = _timeline(sandbox, after=request.args.get("after", 0, type=int))
        html = render_template("rows.html", **values)
        return secure_response(
            jsonify(
                html=html,
                received=values["received"],
                resets=values["resets"],
                company_names=values["company_names"],
            )
        )

    return page


def _timeline(sandbox: Sandbox, *, after: int) -> dict[str, Any]:
    company = request.args.get("company") or None
    # Take the rows and the counts under one lock, so that the page misses no event between two updates.
    with sandbox.lock:
        numbered = ledger.newest_events(sandbox.ledger, company, MAX_ROWS)
        received, resets = sandbox.ledger.received, sandbox.ledger.resets
    return {
        "rows": [_row(number, event) for number, event in numbered if number > after],
        "received": received,
        "resets": resets,
        "company": company,
        "company_names": sorted(sandbox.companies.by_name),
        "url": request.host_url.rstrip("/"),
        "credentials": _example_credentials(sandbox.settings),
    }


def _row(number: int, event: ledger.AcceptedEvent) -> TimelineRow:
    return TimelineRow(
        number=number,
        event=event,
        summary=summarize(event),
        received=datetime.fromtimestamp(event.received_at, UTC),
        body=json.dumps(event.body, indent=2, ensure_ascii=False),
    )


def _example_credentials(settings: SandboxSettings) -> str:
    """Return the default key pair for the example command, or placeholders if the secret is not the default."""
    default = SandboxSettings()
    default_pair = (default.access_key, default.access_key_secret)
    is_default = (settings.access_key, settings.access_key_secret) == default_pair
    return ":".join(default_pair) if is_default else "KEY:SECRET"


def secure_response(response: Response, *, form_target: str = "") -> Response:
    """Add security headers. `form_target` is another origin that the page's form may redirect to."""
    # Event text is untrusted: beyond escaping it, allow the browser to load nothing but our own files.
    response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY} {form_target}".rstrip()
    response.headers["X-Content-Type-Options"] = "nosniff"
    # With no-referrer, a browser sends `Origin: null` with the consent form, which is rejected without Sec-Fetch-Site.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    return response
