"""Alerts over the API: what is open and what was, and a test for a receiver."""

from flask import Blueprint, Response, current_app, request

from relay.core.roles import Role
from relay.queries.alerts import alerts_page
from relay.web.actions.alerts import try_receiver
from relay.web.context import parts
from relay.web.problems import json_response

alerts = Blueprint("alerts", __name__)


@alerts.get("/v1/alerts")
def list_alerts() -> Response:
    """What is open, what was over lately, and whether receivers get their messages."""
    known = parts(current_app)
    known.auth.authenticate(request).require(Role.VIEWER)
    return json_response(alerts_page(known.stores, known.config.alerts, now=known.now()))


@alerts.post("/v1/alerts/receivers/<name>/test")
def test_receiver(name: str) -> Response:
    """Have a worker send a receiver a message that says it is a test."""
    known = parts(current_app)
    return json_response(try_receiver(known, known.auth.authenticate(request), name), 202)
