"""A separate port for operations: which routes answer on it, which on the partners' port, and which on both."""

from flask import Flask, g, request
from werkzeug.exceptions import NotFound

_BOTH_PORTS = frozenset({"/livez", "/readyz", "/version"})
"""Load balancers check the port that they send traffic to."""

_READ_ON_BOTH_PORTS = frozenset({"/v1/events", "/v1/events/<event_id>"})
"""Senders look up their own events."""

_PARTNER_PREFIXES = ("/v2/", "/v1/webhooks/", "/connect/")
"""For partners' webhooks, clients of Gong's API, and browsers that return from Gong."""


def separate_ports(app: Flask, operations_port: int) -> None:
    """Answer 404 to requests on the wrong port. With port 0 every route answers on the one port."""
    if operations_port:
        app.before_request(lambda: _check_port(str(operations_port)))


def _check_port(operations_port: str) -> None:
    rule = request.url_rule
    if rule is None or rule.rule in _BOTH_PORTS:
        return
    if rule.rule in _READ_ON_BOTH_PORTS and request.method in {"GET", "HEAD"}:
        return
    # From the server's own socket: a client cannot change it with a header.
    is_operations_port = request.environ["SERVER_PORT"] == operations_port
    if is_operations_port == is_partner_route(rule.rule):
        g.reason = "other_port"
        raise NotFound


def is_partner_route(rule: str) -> bool:
    """True if a route is for partners. All others, new ones included, are for operators."""
    return rule.startswith(_PARTNER_PREFIXES) or rule == "/v1/events"
