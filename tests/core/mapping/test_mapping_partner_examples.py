"""Payloads as real partners send them, each through a mapping to the whole bodies that Gong gets."""

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


def read(path):
    case = yaml.safe_load(path.read_text("utf-8"))
    payload = case["payload"]
    if "raw" in payload:
        body = read_body(
            payload["raw"].encode(), payload["content_type"], BodyFormat(None, payload.get("json_field"))
        )
    else:
        body = read_body(orjson.dumps(payload["body"]), "application/json")
    return case, body


def found(path):
    case, body = read(path)
    settings = map_options(path.stem, internal_domains=frozenset({"acme.example"}))
    return case["events"], map_payload(compile_mapping(case["mapping"]), Payload(body), **settings)


def shown(event):
    """An event as the files write it. An id that is a digest is told by a question mark."""
    lines = {"status": str(event.status), "rule": event.rule, "priority": str(event.priority)}
    if event.draft:
        name = event.draft.event_id.partition(":")
        is_digest = len(name[2]) == len(sha256().hexdigest())
        lines |= {"operation": str(event.draft.operation), "body": {**event.draft.body}}
        if is_digest:
            lines["body"]["eventId"] = f"{name[0]}:?"
    return lines | {"warnings": codes_of(event.warnings), "errors": codes_of(event.problems)}


@pytest.mark.parametrize("path", PARTNERS, ids=lambda path: path.stem)
def test_a_partners_payload_becomes_what_its_mapping_says(path):
    expected, events = found(path)

    usual = {"priority": "normal", "warnings": [], "errors": []}
    assert [shown(event) for event in events] == [{**usual, **each} for each in expected]


@pytest.mark.parametrize("path", PARTNERS, ids=lambda path: path.stem)
def test_a_payload_sent_again_gives_the_same_ids(path):
    once, again = found(path)[1], found(path)[1]

    assert [event.event_id for event in once] == [event.event_id for event in again]
