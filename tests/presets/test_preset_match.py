"""Finding the preset for a captured payload, by its signature or by its content, for all cases of all presets."""

from datetime import UTC, datetime

import orjson
import pytest

from relay.config.presets import load_preset, preset_names
from relay.core.destination import BasicCredentials, Destination
from relay.core.source import Source
from relay.queries.preset_match import match_presets
from relay.queries.previews import CapturedRequest, PreviewContext
from tests.presets.test_presets import cases_of, expand_event

CONTEXT = PreviewContext(
    Source(name="new", destination="acme"),
    Destination(name="acme", company="acme", credentials=BasicCredentials("", "")),
    None,
    datetime(2026, 11, 21, 12, tzinfo=UTC),
)


def capture(case):
    raw = case["raw"].encode() if "raw" in case else orjson.dumps(case["body"])
    content_type = case.get("content_type", "application/json")
    return CapturedRequest(raw, content_type, case.get("headers", {}), case.get("query", {}))


def ready_cases():
    return [
        pytest.param(name, case, id=f"{name}: {case['title']}")
        for name in preset_names()
        for case in cases_of(name)
        if any(expand_event(event)["status"] == "ready" for event in case["events"])
    ]


@pytest.mark.parametrize(("name", "case"), ready_cases())
def test_a_payload_with_the_vendors_signature_matches_the_vendors_preset_first(name, case):
    scheme = load_preset(name)["verify"]["scheme"]

    assert match_presets(capture(case), CONTEXT, scheme=scheme)[0] == name


@pytest.mark.parametrize(("name", "case"), ready_cases())
def test_a_payload_without_its_signature_still_matches_the_vendors_preset(name, case):
    assert name in match_presets(capture(case), CONTEXT, scheme=None)
