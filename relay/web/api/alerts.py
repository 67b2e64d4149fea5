"""Alerts over the API: what is open and what was, and a test for a receiver."""

from flask import Blueprint, Response, request

from relay.actions.alerts import send_test_alert
from relay.core.roles import Role
from relay.queries.alerts import alerts_page
from relay.web.context import current, require_role
from relay.web.problems import json_response

alerts = Blueprint("alerts", __name__)


@alerts.get("/v1/alerts")
def list_alerts() -> Response:
    """What is open, what was over lately, and whether receivers get their messages."""
    known = current()
    known.auth.authenticate(request).require(Role.VIEWER)
    return json_response(alerts_page(known.stores, known.config.alerts, now=known.now()))


@alerts.post("/v1/alerts/receivers/<name>/test")
def test_receiver(name: str) -> Response:
    """Have a worker send a receiver a message that says it is a test."""
    return json_response(send_test_alert(*require_role(Role.OPERATOR), name), 202)
