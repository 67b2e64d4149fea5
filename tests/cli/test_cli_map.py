"""`map`: what a source would make of a captured payload, and that nothing is kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.cli.conftest import Run

RULE = {
    "name": "page viewed",
    "when": "item.event == 'page_view'",
    "to": "digital-interaction",
    "map": {
        "eventId": "{{ item.id }}",
        "timestamp": "{{ item.at }}",
        "eventType": "page viewed",
        "content": {"contentTitle": '{{ item.title || headers."x-title" || query.title }}'},
        "person": {"email": "{{ item.email }}"},
    },
}
SITE = {"destination": "acme", "verify": {"scheme": "none"}, "rules": [RULE]}


def viewed(**fields: Any) -> dict[str, Any]:
    payload = {"event": "page_view", "id": "1", "at": "2026-11-20T10:00:00Z", "title": "Pricing"}
    return payload | {"email": "jane@globex.example"} | fields


@pytest.fixture
def mapped(run: Run, environ: dict[str, str]) -> Callable[..., Any]:
    config = Path(environ["RELAY_CONFIG"])
    config.write_text(config.read_text() + f"  site: {json.dumps(SITE)}\n")

    def ran(payload: Any, *options: str) -> Any:
        sent = payload if isinstance(payload, str) else json.dumps(payload)
        return run("map", "site", "-", *options, sent=sent, columns=120)

    return ran


def test_a_payload_is_previewed_item_by_item_and_not_stored(mapped: Callable[..., Any], redis: Redis):
    result = mapped([viewed(extra=1), {"event": "other"}])

    assert (result.code, redis.dbsize()) == (0, 0)
    for words in (
        "item 0: ready, rule 'page viewed', priority normal",
        "event id site:1",
        "POST /v2/digital-interaction",
        '"contentTitle": "Pricing"',
        "association in Gong: strong",
        "unused fields: item.extra",
        "item 1: filtered",
        "no rule matches it",
        "Nothing was sent: ready 1, filtered 1, dead 0.",
    ):
        assert words in result.out


def test_a_dead_item_is_shown_with_its_errors_and_exits_with_1(mapped: Callable[..., Any]):
    result = mapped(viewed(title=None))

    assert result.code == 1
    assert "content: is required" in result.out


def test_the_json_document_is_that_of_the_api(mapped: Callable[..., Any]):
    document = mapped(viewed(), "--json").document

    assert document["source"] == "site"
    assert [item["event_id"] for item in document["items"]] == ["site:1"]


@pytest.mark.parametrize("options", [("--header", "X-Title=Headed"), ("--query", "title=Headed")])
def test_headers_and_query_parameters_can_be_set(mapped: Callable[..., Any], options: tuple[str, ...]):
    [item] = mapped(viewed(title=None), "--json", *options).document["items"]

    assert item["body"]["content"]["contentTitle"] == "Headed"


@pytest.mark.parametrize(
    ("payload", "options"),
    [
        ("event=page_view&id=1&at=2026-11-20T10:00:00Z&title=T&email=jane%40globex.example", ()),
        (json.dumps(viewed()) + "\n", ("--content-type", "application/x-ndjson")),
        (json.dumps(viewed()) + "\n", ("--header", "Content-Type=application/x-ndjson")),
        ('--b\r\nContent-Disposition: form-data; name="event"\r\n\r\nother\r\n--b--\r\n', ()),
    ],
    ids=["form", "lines", "lines by header", "multipart"],
)
def test_the_content_type_is_detected_or_set(
    mapped: Callable[..., Any], payload: str, options: tuple[str, ...]
):
    assert mapped(payload, *options).code == 0


def test_an_unreadable_file_is_reported_with_the_remedy(mapped: Callable[..., Any]):
    result = mapped('{"event": ')

    assert (result.code, result.out) == (1, "")
    assert "Send one complete JSON value" in result.err


def test_a_source_without_a_mapping_is_reported_with_the_remedy(run: Run):
    result = run("map", "web", "-", sent="{}")

    assert result.code == 1
    assert "accepts no webhooks: give it a preset" in result.err


def test_a_header_without_a_value_is_a_usage_error(mapped: Callable[..., Any]):
    assert mapped("{}", "--header", "X-Title").code == 2
