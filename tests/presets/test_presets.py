"""Every preset, with payloads as its vendor sends them: the complete bodies for Gong, and no other event dies.

`NAME.yaml` beside this file holds the cases of one preset: `title`, `body` (or `raw` and `content_type`), optionally
`headers` and `query`, and the `events` that result. `NAME:?` stands for an id that is a hash.
"""

import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from textwrap import dedent

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from relay.config.presets import load_preset, preset_names
from relay.core.call import Operation
from relay.core.gong.validate import validate_body
from relay.core.mapping.compile import compile_mapping
from relay.core.mapping.engine import map_payload
from relay.core.mapping.merge import merge_mapping
from relay.core.mapping.result import ResultStatus
from relay.core.payloads import BodyFormat, Payload, read_body
from relay.core.verification.challenge import CHALLENGES
from relay.core.verification.scheme_options import build_scheme
from tests.core.mapping.builders import codes_of, map_options

HERE = Path(__file__).parent
PAGES = HERE.parents[1] / "docs" / "presets"
PRESETS = preset_names()
EVENT_TYPE_MAX = 40

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text(max_size=8), VALUES, max_size=6)


@cache
def cases_of(name):
    return yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8"))


@cache
def compile_preset(name):
    return compile_source(load_preset(name))


def compile_source(source):
    return compile_mapping({key: source[key] for key in ("items", "rules") if key in source})


def scheme_of(verify):
    options = {key: value for key, value in verify.items() if key not in {"scheme", "secrets"}}
    return build_scheme(verify["scheme"], options)


def body_of(name, case):
    """The body of a case as the webhook endpoint reads it."""
    raw = case["raw"].encode() if "raw" in case else orjson.dumps(case["body"])
    return read_body(
        raw, case.get("content_type", "application/json"), BodyFormat(**load_preset(name).get("read", {}))
    )


def map_case(name, body, case=None):
    headers, query = (case or {}).get("headers", {}), (case or {}).get("query", {})
    settings = map_options(name, internal_domains=frozenset({"acme.example"}))
    return map_payload(compile_preset(name), Payload(body, headers, query), **settings)


def render_event(event):
    """An event as the cases write it."""
    lines = {"status": str(event.status), "rule": event.rule, "priority": str(event.priority)}
    if event.call:
        source, _, native_id = event.event_id.partition(":")
        lines["body"] = {**event.call.body}
        if len(native_id) == len(sha256().hexdigest()):
            lines["body"]["eventId"] = f"{source}:?"
    return lines | {"warnings": codes_of(event.warnings), "errors": codes_of(event.problems)}


def expand_event(event):
    """An expected event with defaults; a case may give only its status."""
    defaults = {"rule": None, "priority": "normal", "warnings": [], "errors": []}
    return defaults | ({"status": event} if isinstance(event, str) else event)


def all_cases():
    return [
        pytest.param(name, case, id=f"{name}: {case['title']}")
        for name in PRESETS
        if (HERE / f"{name}.yaml").exists()
        for case in cases_of(name)
    ]


def variants(value, replace):
    """The value many times, each time with one member at any depth passed through `replace`."""
    if isinstance(value, dict):
        members = value
    elif isinstance(value, list):
        members = dict(enumerate(value))
    else:
        return
    for key, member in members.items():
        for changed in (replace(member), *variants(member, replace)):
            copy = {**members, key: changed}
            yield copy if isinstance(value, dict) else list(copy.values())


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_cases_and_a_page(name):
    page = (PAGES / f"{name}.md").read_text("utf-8")

    assert cases_of(name)
    assert f"preset: {name}" in page
    assert f"({name}.md)" in (PAGES / "README.md").read_text("utf-8")


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_the_configuration_on_a_page_loads(page):
    blocks = re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)

    assert blocks
    for block in blocks:
        config = yaml.safe_load(dedent(block))
        source = next(iter(config.get("sources", {page.stem: config}).values()))
        merged = merge_mapping(load_preset(source.get("preset", page.stem)), source)
        assert scheme_of(merged["verify"])
        assert compile_source(merged)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_a_title_and_verifies_its_sender(name):
    preset = load_preset(name)

    assert set(preset) <= {"title", "verify", "challenges", "read", "answer", "items", "rules"}
    assert preset["title"].strip()
    assert scheme_of(preset["verify"]).name != "none"
    assert preset.get("challenges") in {None, *CHALLENGES}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_makes_digital_interactions(name):
    assert {rule.to for rule in compile_preset(name).rules} == {Operation.DIGITAL_INTERACTION}


@pytest.mark.parametrize(("name", "case"), all_cases())
def test_a_payload_becomes_the_expected_events(name, case):
    events = map_case(name, body_of(name, case), case)

    assert [render_event(event) for event in events] == [expand_event(event) for event in case["events"]]


@pytest.mark.parametrize(("name", "case"), all_cases())
def test_bodies_are_valid_and_event_types_are_short_and_in_lower_case(name, case):
    bodies = [event.call.body for event in map_case(name, body_of(name, case), case) if event.call]
    types = [body["eventType"] for body in bodies]

    assert [validate_body(Operation.DIGITAL_INTERACTION, body) for body in bodies] == [[] for _ in bodies]
    assert [name for name in types if name != name.lower() or len(name) > EVENT_TYPE_MAX] == []


@pytest.mark.parametrize(("name", "case"), all_cases())
def test_a_payload_that_is_sent_again_gets_the_same_ids(name, case):
    first, second = (map_case(name, body_of(name, case), case) for _ in range(2))

    assert [event.event_id for event in first] == [event.event_id for event in second]


@pytest.mark.parametrize("name", PRESETS)
def test_no_two_events_of_a_payload_share_an_id(name):
    for case in cases_of(name):
        ids = [event.event_id for event in map_case(name, body_of(name, case), case) if event.call]

        assert len(set(ids)) == len(ids), case["title"]


@pytest.mark.parametrize("name", PRESETS)
def test_the_cases_of_a_preset_include_ready_and_filtered_events(name):
    statuses = {
        event.status for case in cases_of(name) for event in map_case(name, body_of(name, case), case)
    }

    assert statuses == {ResultStatus.READY, ResultStatus.FILTERED}


@pytest.mark.parametrize("name", PRESETS)
def test_every_rule_of_a_preset_has_a_case(name):
    used = {
        event.rule
        for case in cases_of(name)
        for event in map_case(name, body_of(name, case), case)
        if event.call
    }

    assert {rule.name for rule in compile_preset(name).rules} == used


@pytest.mark.parametrize("replace", [lambda _: None, lambda _: "?"], ids=["missing", "nonsense"])
@pytest.mark.parametrize(("name", "case"), all_cases())
def test_of_all_missing_or_wrong_values_only_a_time_makes_an_event_dead(name, case, replace):
    for body in variants(body_of(name, case), replace):
        problems = [problem for event in map_case(name, body, case) for problem in event.problems]

        assert [problem for problem in problems if problem.path != "timestamp"] == []


@pytest.mark.parametrize("name", PRESETS)
@given(body=OBJECTS | st.lists(OBJECTS, max_size=3))
def test_any_other_body_is_filtered(name, body):
    assert {event.status for event in map_case(name, body)} <= {ResultStatus.FILTERED}
