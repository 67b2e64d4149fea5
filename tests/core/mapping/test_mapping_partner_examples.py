"""Payloads as real partners send them, each mapped to the complete bodies that Gong gets."""

from hashlib import sha256
from pathlib import Path

import orjson
import pytest
import yaml

from relay.core.mapping.compile import compile_mapping
from relay.core.mapping.engine import map_payload
from relay.core.payloads import BodyFormat, Payload, read_body
from tests.core.mapping.builders import codes_of, map_options

PARTNERS = sorted(Path(__file__).parent.joinpath("partners").glob("*.yaml"))


def read_case(path):
    case = yaml.safe_load(path.read_text("utf-8"))
    payload = case["payload"]
    if "raw" in payload:
        body = read_body(
            payload["raw"].encode(), payload["content_type"], BodyFormat(None, payload.get("json_field"))
        )
    else:
        body = read_body(orjson.dumps(payload["body"]), "application/json")
    return case, body


def map_case(path):
    case, body = read_case(path)
    settings = map_options(path.stem, internal_domains=frozenset({"acme.example"}))
    return case["events"], map_payload(compile_mapping(case["mapping"]), Payload(body), **settings)


def render_event(event):
    """An event as the files write it. A question mark stands for an id that is a hash."""
    lines = {"status": str(event.status), "rule": event.rule, "priority": str(event.priority)}
    if event.draft:
        source, _, native_id = event.draft.event_id.partition(":")
        is_hash = len(native_id) == len(sha256().hexdigest())
        lines |= {"operation": str(event.draft.operation), "body": {**event.draft.body}}
        if is_hash:
            lines["body"]["eventId"] = f"{source}:?"
    return lines | {"warnings": codes_of(event.warnings), "errors": codes_of(event.problems)}


@pytest.mark.parametrize("path", PARTNERS, ids=lambda path: path.stem)
def test_a_partners_payload_becomes_the_expected_events(path):
    expected, events = map_case(path)

    defaults = {"priority": "normal", "warnings": [], "errors": []}
    assert [render_event(event) for event in events] == [{**defaults, **event} for event in expected]


@pytest.mark.parametrize("path", PARTNERS, ids=lambda path: path.stem)
def test_a_payload_that_is_sent_again_gets_the_same_ids(path):
    first, second = map_case(path)[1], map_case(path)[1]

    assert [event.event_id for event in first] == [event.event_id for event in second]
