"""Parsers of bodies: events, webhooks and calls to Gong's own paths."""

from collections.abc import Callable
from typing import Any

from relay.core.call import Operation
from relay.core.destination import BasicCredentials, Destination
from relay.core.gong_compat.dispatch import map_request
from relay.core.mapping.compile import compile_mapping
from relay.core.mapping.engine import map_payload
from relay.core.mapping.routing import build_fixed_router
from relay.core.payloads import BodyFormat, Payload, read_body
from relay.core.secret import WithheldSecret
from relay.core.source import Source
from relay.core.strict_json import parse_json
from relay.ingest.parse_items import read_items
from relay.ingest.prepare import prepare_event
from tests.budgets.hostile import JSON, TEXT, Inputs, number, repeat, spread
from tests.budgets.parser import BODY, ITEMS, Parser
from tests.strategies import NOW

FORM = "application/x-www-form-urlencoded"

_LINES = "application/x-ndjson"

MULTIPART = "multipart/form-data; boundary=b"

PART = '--b\r\nContent-Disposition: form-data; name="a"'

FORM_FIELDS = {
    "separators": repeat("&"),
    "percent escapes": repeat("%5B%5D", "a", "=1"),
    "fields with one name": spread(1_000, repeat("1", "a="), separator="&"),
    "fields of one list": spread(1_000, repeat("1", "a[]="), separator="&"),
    "opening brackets": repeat("[", "a"),
    "brackets": repeat("[]", "a"),
    "brackets that are never closed": repeat("[a", "a"),
    "names of objects": spread(1_000, repeat("b", "a[", "]=1"), separator="&"),
    "equals signs": repeat("="),
}

FORM_PARTS = {
    "boundaries": repeat("--b\r\n"),
    "a head that never ends": repeat("; a*0*=b", PART, "\r\n\r\n1\r\n--b--"),
    "heads of escaped quotes": spread(
        BODY // 4_096, repeat('\\"', PART + '; x="', "\r\n\r\n1\r\n"), separator="", end="--b--"
    ),
    "heads of parameters": spread(
        BODY // 4_096, repeat("; a", PART, "\r\n\r\n1\r\n"), separator="", end="--b--"
    ),
    "heads of lines": spread(
        BODY // 4_096, repeat("\r\na:b", PART, "\r\n\r\n1\r\n"), separator="", end="--b--"
    ),
    "many small parts": spread(1_000, repeat("1", PART + "\r\n\r\n", "\r\n"), separator="", end="--b--"),
    "line breaks": repeat("\r\n", PART),
}  # fmt: skip

_LINES_OF = {
    "lines that are not JSON": repeat("x\n"),
    "empty lines": repeat("\n"),
    "empty objects": repeat("{}\n"),
    "as many bad lines as are read": spread(ITEMS, repeat("x"), separator="\n"),
    "as many deep lines as are read": spread(ITEMS, repeat("["), separator="\n"),
}

_EVENTS = {
    "unknown keys": spread(ITEMS // 10, number('"k#":1,', "{", '"":1}'), "[", "]"),
    "one event of unknown keys": number('"k#":1,', "{", '"":1}'),
    "near misses": spread(ITEMS // 10, repeat('"occured_at#":1,', '{"content":{', '"titel":1}}'), "[", "]"),
    "blank values": spread(ITEMS // 10, repeat("[],", '{"content":{"labels":[', "[]]}}"), "[", "]"),
    "labels": spread(ITEMS // 10, repeat('"a",', '{"content":{"labels":[', '""]}}'), "[", "]"),
    "properties": spread(ITEMS // 10, number('"p#":[],', '{"content":{"properties":{', '"":1}}}'), "[", "]"),
    "long addresses": spread(ITEMS // 10, repeat("é.", '{"person":{"email":"a@', '"}}'), "[", "]"),
    "long links": spread(ITEMS // 10, repeat("token=1&", '{"content":{"url":"https://a/?', '"}}'), "[", "]"),
    "recipients": spread(
        ITEMS // 10, repeat('{"email":"a@b.co"},', '{"share":{"recipients":[', "{}]}}"), "[", "]"
    ),
    "combining characters": spread(
        ITEMS // 10, repeat("\u0315\u0300", '{"person":{"name":"', '"}}'), "[", "]"
    ),
    "numbers": repeat("1,", "[", "1]"),
    "empty objects": repeat("{},", "[", "{}]"),
}

_SOURCE = Source(name="site", destination="acme")

_DESTINATION = Destination(
    name="acme", company="acme", credentials=BasicCredentials("key", WithheldSecret("secret"))
)

_ROUTER = build_fixed_router(_DESTINATION)


def _read_events(content_type: str) -> Callable[[str], object]:
    def run(text: str) -> None:
        items = read_items(text.encode(), content_type, max_items=ITEMS)
        for index, value in enumerate(items.values):
            prepare_event(index, value, source=_SOURCE, router=_ROUTER, now=NOW)

    return run


def _read_as(content_type: str, json_field: str | None = None) -> Callable[[str], object]:
    return lambda text: read_body(text.encode(), content_type, BodyFormat(json_field=json_field))


_RULES = compile_mapping(
    {
        "items": "body",
        "rules": [
            {
                "name": "viewed",
                "to": "digital-interaction",
                "map": {
                    "eventId": "{{ item.id }}",
                    "timestamp": "{{ timestamp(item.at) }}",
                    "eventType": "{{ humanize(strip_html(item.title)) }}",
                    "content": {
                        "contentTitle": "{{ item.title }}",
                        "contentUrl": "{{ without_query(item.url) }}",
                        "contentCustomFields": "{{ custom_fields(item) }}",
                    },
                    "person": {
                        "email": "{{ email(item.email) }}",
                        "name": "{{ words(item.title, item.email) }}",
                        "company": {"domain": "{{ company_domain(item.email) }}"},
                    },
                },
            }
        ],
    }
)


def _map_with(mapping: Any) -> Callable[[str], object]:
    def run(text: str) -> None:
        payload = Payload(parse_json(text.encode()))
        map_payload(mapping, payload, source=_SOURCE, destination=_DESTINATION, received_at=NOW)

    return run


def _items_of(field: str, *names: str) -> Inputs:
    """Items with one long field each, of every kind of text."""
    return {
        f"{field} of {name}": spread(20, lambda size, build=build: _item(field, build(size)), "[", "]")
        for name, build in TEXT.items()
        if name in names
    }


def _item(field: str, text: str) -> str:
    return f'{{"id":"1","at":"2026-11-20T10:00:00Z","{field}":"{text}"}}'


def _map_gong_call(operation: Operation) -> Callable[[str], object]:
    return lambda text: map_request(
        operation, parse_json(text.encode()), route=(_SOURCE, _DESTINATION), now=NOW
    )


PARSERS = (
    Parser(name="JSON", limit=BODY, run=lambda text: parse_json(text.encode()), hostile=JSON),
    Parser(
        name="events: JSON",
        limit=BODY,
        run=_read_events("application/json"),
        hostile=_EVENTS,
    ),
    Parser(name="events: NDJSON", limit=BODY, run=_read_events(_LINES), hostile=_LINES_OF),
    Parser(name="webhook: NDJSON", limit=BODY, run=_read_as(_LINES), hostile=_LINES_OF),
    Parser(name="webhook: form", limit=BODY, run=_read_as(FORM), hostile=FORM_FIELDS),
    Parser(name="webhook: multipart form", limit=BODY, run=_read_as(MULTIPART), hostile=FORM_PARTS),
    Parser(
        name="webhook: JSON in a form",
        limit=BODY,
        run=_read_as(FORM, "a"),
        hostile={"escaped brackets": repeat("%5B", "a="), "escaped quotes": repeat("%5C%22", "a=%22")},
    ),
    Parser(
        name="webhook: mapping",
        limit=BODY,
        run=_map_with(_RULES),
        hostile={
            **_items_of(
                "email",
                "at signs",
                "letters",
                "labels",
                "addresses with long domains beyond ASCII",
                "opening tags",
            ),
            **_items_of("title", "tags that are never closed", "combining characters", "minus signs"),
            "items": repeat("{},", "[", "{}]"),
            "numbers": repeat("1,", "[", "1]"),
            "fields": spread(20, number('"k#":1,', "{", '"":1}'), "[", "]"),
        },
    ),
    Parser(
        name="Gong's own paths: interaction",
        limit=BODY,
        run=_map_gong_call(Operation.DIGITAL_INTERACTION),
        hostile={
            "unknown keys": number('"k#":1,', "{", '"":1}'),
            "nulls": repeat('"a":null,', '{"content":{', '"":null}}'),
            "custom fields": repeat('{"name":"a"},', '{"content":{"contentCustomFields":[', "{}]}}"),
            "numbers": repeat("1,", "[", "1]"),
        },
    ),
    Parser(
        name="Gong's own paths: share",
        limit=BODY,
        run=_map_gong_call(Operation.CONTENT_SHARED),
        hostile={
            "recipients": repeat('{"email":1},', '{"recipients":[', "{}]}"),
            "addresses": repeat('{"email":"é@é.é"},', '{"recipients":[', "{}]}"),
        },
    ),
)
