"""Where operations have a port of their own: what answers there, what at the partners' port, what at both."""

from flask import Flask, g, request
from werkzeug.exceptions import NotFound

_BOTH = frozenset({"/livez", "/readyz", "/version"})
"""Load balancers ask at the port that they send to."""

_LOOKED_AT = frozenset({"/v1/events", "/v1/events/<event_id>"})
"""Senders look up what became of their events."""

_PARTNERS = ("/v2/", "/v1/webhooks/", "/connect/")
"""Partners post there, programs that know Gong's API, and browsers on their way from Gong."""


def separate_ports(app: Flask, operations_port: int) -> None:
    """Have each port answer what is its own; the other says that there is nothing. With 0 there is one for all."""
    if operations_port:
        app.before_request(lambda: _refuse_elsewhere(str(operations_port)))


def _refuse_elsewhere(operations_port: str) -> None:
    rule = request.url_rule
    if rule is None or rule.rule in _BOTH:
        return
    # The port that the connection came to, by the server's own socket: no header can say another.
    at_operations = request.environ["SERVER_PORT"] == operations_port
    if rule.rule in _LOOKED_AT and request.method in {"GET", "HEAD"}:
        return
    if at_operations == is_partner_route(rule.rule):
        g.reason = "other_port"
        raise NotFound


def is_partner_route(rule: str) -> bool:
    """Whether a route is for partners. Whatever nobody thought of is for operators."""
    return rule.startswith(_PARTNERS) or rule == "/v1/events"
