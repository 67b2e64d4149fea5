"""The API as one OpenAPI 3.1 document, put together from what each area tells of itself."""

from functools import cache
from typing import Any

from relay.core.version import VERSION
from relay.web.openapi import alerts, destinations, erasures, events, gong, health, replays, sources, webhooks
from relay.web.openapi import overview as operating
from relay.web.openapi.marshmallow_schemas import marshmallow_components
from relay.web.openapi.operation import PROBLEM, Described, examples
from relay.web.openapi.schema_types import Schema, component
from relay.web.openapi.shared import FAULT
from relay.web.openapi.shared import PROBLEM as PROBLEM_SCHEMA

AREAS = (
    *(events, webhooks, gong, operating, destinations, sources),
    *(replays, alerts, erasures, health),
)

_GROUPS = {
    events.GROUP: "Send events with a source's key, and see what became of each.",
    webhooks.GROUP: "Partners post what they post; the source's rules make events of it.",
    gong.GROUP: "A program that calls Gong needs no change but its base URL.",
    operating.GROUP: "What flows, what is wrong, and who did what.",
    sources.GROUP: "Who sends, how they prove themselves, and what a payload would become.",
    destinations.GROUP: "Each Gong: what waits for it, what it may be sent, and whether it takes calls.",
    replays.GROUP: "Dead letters, and sending them again.",
    alerts.GROUP: "What needs somebody's attention, and who is told of it.",
    erasures.GROUP: "A person's data, found and taken away.",
    health.PROBES: "Without a key.",
    health.PAGES: "Opened in a browser by whoever connects Gong.",
}
_ABOUT = """Takes events and partners' webhooks, and posts them to Gong inside its limits: once each.

Send a key as `Authorization: Bearer KEY`, as `X-API-Key: KEY`, or as a Basic password. The role beside each operation is
the least that may ask. Errors are problem documents: decide by their `code`. `2xx` means that it is on disk, `4xx` that
the same request will fail again, `503` or no answer that the same request is to be sent again."""
_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "`X-API-Key: KEY`"},
    "basic": {"type": "http", "scheme": "basic", "description": "The key as password, or as user name."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-relay_session",
        "description": "Of a browser that has signed in at `/ops/sign-in`. Over plain http `relay_session`.",
    },
}


def list_operations() -> tuple[Described, ...]:
    """Every operation there is."""
    return tuple(operation for area in AREAS for operation in area.OPERATIONS)


@cache
def build_document() -> dict[str, Any]:
    """The whole."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gong event relay",
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This relay"}],
        "tags": [{"name": name, "description": told} for name, told in _GROUPS.items()],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "responses": {"Unforeseen": _unforeseen()},
            "examples": examples(),
            "securitySchemes": _KEYS,
        },
    }


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for each in list_operations():
        paths.setdefault(each.path, {})[each.method.lower()] = each.as_dict()
    return paths


def _schemas() -> dict[str, Schema]:
    ours = {name: schema for area in AREAS for name, schema in area.COMPONENTS.items()}
    return {"Problem": PROBLEM_SCHEMA, "Fault": FAULT, **ours, **marshmallow_components()}


def _unforeseen() -> dict[str, Any]:
    told = "Any other status of HTTP, with its own name in lower case as the code; `internal_error` with 500."
    return {"description": told, "content": {PROBLEM: {"schema": component("Problem")}}}
