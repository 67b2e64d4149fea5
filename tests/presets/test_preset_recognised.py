"""A captured payload brings its vendor's preset: every preset's own samples, by the way they are signed and by their look."""

from datetime import UTC, datetime

import orjson
import pytest

from relay.config.presets import load_preset, preset_names
from relay.core.destination import BasicCredentials, Destination
from relay.core.source import Source
from relay.queries.preset_match import match_presets
from relay.queries.previews import CapturedRequest, PreviewContext
from tests.presets.test_presets import cases_of, expected

WAY = PreviewContext(
    Source("new", "acme"),
    Destination("acme", "acme", BasicCredentials("", "")),
    None,
    datetime(2026, 11, 21, 12, tzinfo=UTC),
)


def captured(case):
    raw = case["raw"].encode() if "raw" in case else orjson.dumps(case["body"])
    content_type = case.get("content_type", "application/json")
    return CapturedRequest(raw, content_type, case.get("headers", {}), case.get("query", {}))


def ready_cases():
    return [
        pytest.param(name, case, id=f"{name}: {case['title']}")
        for name in preset_names()
        for case in cases_of(name)
        if any(expected(event)["status"] == "ready" for event in case["events"])
    ]


@pytest.mark.parametrize(("name", "case"), ready_cases())
def test_a_sample_signed_its_vendors_way_brings_the_vendors_preset_first(name, case):
    scheme = load_preset(name)["verify"]["scheme"]

    assert match_presets(captured(case), WAY, scheme=scheme)[0] == name


@pytest.mark.parametrize(("name", "case"), ready_cases())
def test_a_sample_without_its_signature_is_still_among_those_that_fit(name, case):
    assert name in match_presets(captured(case), WAY, scheme=None)
