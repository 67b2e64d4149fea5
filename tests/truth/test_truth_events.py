"""The page of events and the page of the API name what there is: every field, every type, every route."""

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


def keys(schema: Schema) -> list[str]:
    return [field.data_key or name for name, field in schema.fields.items()]


def named(title: str) -> list[str]:
    """The fields of a table. A cell may name two: `share.subject`, `share.message`."""
    cells = first_cells(section(EVENTS, title))
    return [name.strip("` ") for cell in cells for name in cell.split(",")]


def test_every_field_of_an_event_is_explained_and_no_other():
    assert sorted(named("Fields")) == sorted(keys(EVENT))


@pytest.mark.parametrize("part", PARTS)
def test_every_field_of_a_part_is_explained_and_no_other(part: str):
    [field] = [field for name, field in EVENT.fields.items() if name == part]
    assert isinstance(field, NestedObject)

    assert sorted(named(f"`{part}`")) == sorted(f"{part}.{key}" for key in keys(field.schema))


def inner_keys(schema: Schema) -> Iterator[str]:
    for field in schema.fields.values():
        part = field.item if isinstance(field, Array) else field
        if isinstance(part, NestedObject):
            yield from keys(part.schema)


@pytest.mark.parametrize("part", PARTS)
def test_the_fields_inside_a_part_are_named_beside_it(part: str):
    [field] = [field for name, field in EVENT.fields.items() if name == part]
    assert isinstance(field, NestedObject)
    text = section(EVENTS, f"`{part}`")

    assert [key for key in inner_keys(field.schema) if f"`{key}`" not in text] == []


def test_every_type_is_listed_with_its_words_and_no_other():
    told = {row[0]: row[2] for row in rows(section(EVENTS, "Types"))}

    assert told == {
        str(kind): "its action" if kind is EventType.CUSTOM else ACTION_PHRASES[kind] for kind in EventType
    }


def test_every_type_is_listed_with_its_engagement_call():
    words = {
        Operation.CONTENT_SHARED: "content shared",
        Operation.CONTENT_VIEWED: "content viewed",
        Operation.CUSTOM_ACTION: "custom action",
        None: "none: a digital interaction",
    }
    told = {row[0]: row[3] for row in rows(section(EVENTS, "Types"))}

    assert told == {str(kind): words[OPERATIONS.get(kind)] for kind in EventType}


_PLACEHOLDER = re.compile(r"<(?:event_|replay_|erasure_)?(id|name|cluster)>")


def _braces(found: re.Match[str]) -> str:
    return f"{{{found[1]}}}"


def routes(app: Flask) -> set[str]:
    return {
        f"{method} {_PLACEHOLDER.sub(_braces, rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith(("/ops/", "/docs/"))
        and rule.rule != "/"  # pages: each shows what a route of the API answers
    }


def test_every_route_of_the_api_is_explained_and_no_other(redis: Redis):
    app = create_app(Settings(), Config({}, {}), redis)
    told = set(re.findall(r"`((?:GET|POST|PUT|DELETE) /[^\s`?]+)", API))

    assert told == routes(app)


def test_every_outcome_is_explained_and_no_other():
    outcomes = (
        Delivered(200, None),
        AlreadyReported(409, None, ()),
        RateLimited(429, None, (), None),
        Failed(status=500, request_id=None, code="gong_error", errors=(), ambiguous=True, retry_after=None),
        Rejected(400, None, ()),
        Blocked(401, None, "invalid_credentials", ()),  # type: ignore[arg-type]
    )
    told = first_cells(section(page("docs/delivery.md"), "What an answer means"))

    assert told == [outcome_code(outcome) for outcome in outcomes]
