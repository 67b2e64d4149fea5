"""The OpenAPI 3.1 document, collected from the routes of the application."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from relay.core.version import VERSION
from relay.web.context import context_of
from relay.web.openapi import (
    alerts,
    destinations,
    erasures,
    events,
    gong,
    overview,
    replays,
    sources,
    webhooks,
)
from relay.web.openapi.marshmallow_schemas import marshmallow_components
from relay.web.openapi.operation import Operation, Tag, find_operation
from relay.web.openapi.problems import PROBLEM, problem_examples
from relay.web.openapi.schema_types import Schema, component
from relay.web.openapi.shared import PROBLEM_DOCUMENT, VALIDATION_PROBLEM
from relay.web.server.native_threads import MIN_BYTES

DASHBOARD_PATHS = ("/ops", "/docs")
"""Pages for people. They are not part of the API."""

_EXTENSION = "openapi"
_SCHEMA_MODULES = (events, webhooks, gong, overview, destinations, sources, replays, alerts, erasures)

_TAGS: Mapping[Tag, str] = {
    Tag.EVENTS: "Send events with a source's key, and see what happened to them.",
    Tag.WEBHOOKS: "Receive partners' webhooks. The source's rules map them to events.",
    Tag.GONG: "A program that calls Gong's API only needs a new base URL.",
    Tag.OVERVIEW: "Throughput, problems, and the audit log.",
    Tag.SOURCES: "The configured senders, how they are verified, and previews of their mappings.",
    Tag.DESTINATIONS: "The Gong accounts: their queues, limits, credentials and holds.",
    Tag.REPLAYS: "Dead letters, and replaying them.",
    Tag.ALERTS: "Conditions that need an operator, and the receivers that are notified.",
    Tag.PRIVACY: "Find and erase a person's data.",
    Tag.PROBES: "Health and version. They need no key.",
    Tag.CUSTOMER_PAGES: "Pages for the customer's administrator who connects Gong.",
}
_DESCRIPTION = """Accepts events and partners' webhooks, and delivers each of them to Gong once, within Gong's limits.

Send a key as `Authorization: Bearer KEY`, as `X-API-Key: KEY`, or as a Basic password. Each operation names the lowest
role that may call it. Errors are problem documents; decide by their `code`. `2xx` means that the data is on disk, `4xx`
that the same request will fail again. After `503`, or without a response, send the same request again."""
_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "`X-API-Key: KEY`"},
    "basic": {"type": "http", "scheme": "basic", "description": "The key as password or as user name."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-relay_session",
        "description": "The session of a browser that signed in at `/ops/sign-in`. Over plain HTTP the cookie is `relay_session`.",
    },
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and path of the API with its description."""

    method: str
    path: str
    operation: Operation


def list_endpoints(app: Flask) -> list[Endpoint]:
    """Return every endpoint of the API. Raises LookupError if a route has no description."""
    return [
        Endpoint(method, _openapi_path(rule), _operation(app.view_functions[rule.endpoint], rule, method))
        for rule in app.url_map.iter_rules()
        if rule.rule != "/" and not rule.rule.startswith(DASHBOARD_PATHS)
        for method in _explicit_methods(rule)
    ]


def build_document(app: Flask) -> dict[str, Any]:
    """Build the document of this application, once."""
    if _EXTENSION not in app.extensions:
        # It takes a quarter of a second, so it is built as a large body is read: the process goes on meanwhile.
        build = partial(_document, list_endpoints(app))
        app.extensions[_EXTENSION] = context_of(app).compute(MIN_BYTES, build)
    document: dict[str, Any] = app.extensions[_EXTENSION]
    return document


def _operation(view: Callable[..., Any], rule: Rule, method: str) -> Operation:
    operation = find_operation(view, method)
    if operation is None:
        raise LookupError(f"{method} {rule.rule} has no description: decorate its view with @describe.")
    return operation


def _openapi_path(rule: Rule) -> str:
    return re.sub(r"<(\w+)>", r"{\1}", rule.rule)


def _explicit_methods(rule: Rule) -> list[str]:
    """Return the methods that the route names. Flask adds OPTIONS to every route, and HEAD to those with GET."""
    methods = set(rule.methods or ()) - {"OPTIONS"}
    if "POST" not in methods:
        methods -= {"HEAD"}  # only a route that also takes POST names HEAD itself
    # What a route is for comes first: the GET of a webhook is only its handshake.
    return sorted(methods, key=lambda method: (method in {"GET", "HEAD"}, method))


def _document(endpoints: list[Endpoint]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = endpoint.operation.as_dict()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gong event relay",
            "version": VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This relay"}],
        "tags": [{"name": str(tag), "description": text} for tag, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "responses": {"OtherProblem": _other_problem()},
            "examples": problem_examples(),
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


def _schemas() -> dict[str, Schema]:
    schemas = {"Problem": PROBLEM_DOCUMENT, "ValidationProblem": VALIDATION_PROBLEM}
    for module in _SCHEMA_MODULES:
        schemas |= module.COMPONENTS
    return schemas | marshmallow_components()


def _other_problem() -> dict[str, Any]:
    description = "Any other HTTP status. The code is its name in lower case, `internal_error` for 500, `bad_head` for 400, or `head_too_large` for 431."
    return {"description": description, "content": {PROBLEM: {"schema": component("Problem")}}}
