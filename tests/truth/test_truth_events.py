"""The pages on events and on the API match the code: every field, type, route and outcome."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from marshmallow import Schema
from redis import Redis

from relay.app import create_app
from relay.core.call import Operation
from relay.core.config import Config
from relay.core.default_mapping.engagement import OPERATIONS
from relay.core.default_mapping.ids_and_titles import ACTION_PHRASES
from relay.core.event.fields import Array, NestedObject
from relay.core.event.model import EventType
from relay.core.event.schema import EVENT
from relay.core.outcome import (
    AlreadyReported,
    Blocked,
    Delivered,
    Failed,
    RateLimited,
    Rejected,
    outcome_code,
)
from relay.settings import Settings
from tests.truth.project import first_cells, page, rows, section

EVENTS = page("docs/events.md")
API = page("docs/api.md")
PARTS = ("content", "person", "share")


def schema_keys(schema: Schema) -> list[str]:
    return [field.data_key or name for name, field in schema.fields.items()]


def documented_fields(title: str) -> list[str]:
    """Return the fields of a table. A cell may name two: `share.subject`, `share.message`."""
    cells = first_cells(section(EVENTS, title))
    return [name.strip("` ") for cell in cells for name in cell.split(",")]


def test_every_field_of_an_event_is_explained_and_no_other():
    assert sorted(documented_fields("Fields")) == sorted(schema_keys(EVENT))


@pytest.mark.parametrize("part", PARTS)
def test_every_field_of_a_part_is_explained_and_no_other(part: str):
    [field] = [field for name, field in EVENT.fields.items() if name == part]
    assert isinstance(field, NestedObject)

    assert sorted(documented_fields(f"`{part}`")) == sorted(
        f"{part}.{key}" for key in schema_keys(field.schema)
    )


def inner_keys(schema: Schema) -> Iterator[str]:
    for field in schema.fields.values():
        part = field.item if isinstance(field, Array) else field
        if isinstance(part, NestedObject):
            yield from schema_keys(part.schema)


@pytest.mark.parametrize("part", PARTS)
def test_the_fields_inside_a_part_are_named_beside_it(part: str):
    [field] = [field for name, field in EVENT.fields.items() if name == part]
    assert isinstance(field, NestedObject)
    text = section(EVENTS, f"`{part}`")

    assert [key for key in inner_keys(field.schema) if f"`{key}`" not in text] == []


def test_every_type_is_listed_with_its_phrase_and_no_other():
    documented = {row[0]: row[2] for row in rows(section(EVENTS, "Types"))}

    assert documented == {
        str(event_type): "its action" if event_type is EventType.CUSTOM else ACTION_PHRASES[event_type]
        for event_type in EventType
    }


def test_every_type_is_listed_with_its_engagement_call():
    phrases = {
        Operation.CONTENT_SHARED: "content shared",
        Operation.CONTENT_VIEWED: "content viewed",
        Operation.CUSTOM_ACTION: "custom action",
        None: "none: a digital interaction",
    }
    documented = {row[0]: row[3] for row in rows(section(EVENTS, "Types"))}

    assert documented == {str(event_type): phrases[OPERATIONS.get(event_type)] for event_type in EventType}


_PLACEHOLDER = re.compile(r"<(?:event_|replay_|erasure_)?(id|name|cluster)>")


def _to_braces(match: re.Match[str]) -> str:
    return f"{{{match[1]}}}"


def routes(app: Flask) -> set[str]:
    return {
        f"{method} {_PLACEHOLDER.sub(_to_braces, rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith(("/ops/", "/docs/"))
        and rule.rule != "/"  # pages, which show what the routes of the API return
    }


def test_every_route_of_the_api_is_explained_and_no_other(redis: Redis):
    app = create_app(Settings(), Config(destinations={}, sources={}), redis)
    documented = set(re.findall(r"`((?:GET|POST|PUT|DELETE) /[^\s`?]+)", API))

    assert documented == routes(app)


def test_every_outcome_is_explained_and_no_other():
    outcomes = (
        Delivered(200, None),
        AlreadyReported(409, None, ()),
        RateLimited(429, None, (), None),
        Failed(status=500, request_id=None, code="gong_error", errors=(), ambiguous=True, retry_after=None),
        Rejected(400, None, ()),
        Blocked(401, None, "invalid_credentials", ()),  # type: ignore[arg-type]
    )
    documented = first_cells(section(page("docs/delivery.md"), "What a response means"))

    assert documented == [outcome_code(outcome) for outcome in outcomes]
