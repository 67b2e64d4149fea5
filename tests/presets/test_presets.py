"""Every preset against payloads as its vendor sends them: what arrives in Gong, whole, and that no other event dies.

`NAME.yaml` beside this file holds the cases of one preset: `title`, `body` (or `raw` and `content_type`), perhaps
`headers` and `query`, and the `events` that come of it. An id that is a digest is written `NAME:?`.
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

LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text(max_size=8), VALUES, max_size=6)


@cache
def cases_of(name):
    return yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8"))


@cache
def compiled(name):
    return compiled_of(load_preset(name))


def compiled_of(source):
    return compile_mapping({key: source[key] for key in ("items", "rules") if key in source})


def scheme_of(verify):
    columns = {key: value for key, value in verify.items() if key not in {"scheme", "secrets"}}
    return build_scheme(verify["scheme"], columns)


def body_of(name, case):
    """The body as the front endpoint reads it."""
    raw = case["raw"].encode() if "raw" in case else orjson.dumps(case["body"])
    return read_body(
        raw, case.get("content_type", "application/json"), BodyFormat(**load_preset(name).get("read", {}))
    )


def run_on(name, body, case=None):
    headers, query = (case or {}).get("headers", {}), (case or {}).get("query", {})
    settings = map_options(name, internal_domains=frozenset({"acme.example"}))
    return map_payload(compiled(name), Payload(body, headers, query), **settings)


def shown(event):
    """An event as the cases write it."""
    lines = {"status": str(event.status), "rule": event.rule, "priority": str(event.priority)}
    if event.call:
        source, _, native = event.event_id.partition(":")
        lines["body"] = {**event.call.body}
        if len(native) == len(sha256().hexdigest()):
            lines["body"]["eventId"] = f"{source}:?"
    return lines | {"warnings": codes_of(event.warnings), "errors": codes_of(event.problems)}


def expected(event):
    usual = {"rule": None, "priority": "normal", "warnings": [], "errors": []}
    return usual | ({"status": event} if isinstance(event, str) else event)


def each_case():
    return [
        pytest.param(name, case, id=f"{name}: {case['title']}")
        for name in PRESETS
        if (HERE / f"{name}.yaml").exists()
        for case in cases_of(name)
    ]


def lessened(value, less):
    """The value many times over, each time with one member of it removed (or replaced) by `less`."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        whole = dict(value) if isinstance(value, dict) else dict(enumerate(value))
        for changed in (less(member), *lessened(member, less)):
            copy = {**whole, key: changed}
            yield copy if isinstance(value, dict) else list(copy.values())


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_tested_and_described(name):
    page = (PAGES / f"{name}.md").read_text("utf-8")

    assert cases_of(name)
    assert f"preset: {name}" in page
    assert f"({name}.md)" in (PAGES / "README.md").read_text("utf-8")


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_what_a_page_tells_to_write_into_the_configuration_loads(page):
    blocks = re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)

    assert blocks
    for block in blocks:
        written = yaml.safe_load(dedent(block))
        source = next(iter(written.get("sources", {page.stem: written}).values()))
        whole = merge_mapping(load_preset(source.get("preset", page.stem)), source)
        assert scheme_of(whole["verify"])
        assert compiled_of(whole)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_who_sends_and_how_that_is_proved(name):
    preset = load_preset(name)

    assert set(preset) <= {"title", "verify", "challenges", "read", "answer", "items", "rules"}
    assert preset["title"].strip()
    assert scheme_of(preset["verify"]).name != "none"
    assert preset.get("challenges") in {None, *CHALLENGES}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_makes_digital_interactions(name):
    assert {rule.to for rule in compiled(name).rules} == {Operation.DIGITAL_INTERACTION}


@pytest.mark.parametrize(("name", "case"), each_case())
def test_a_payload_becomes_what_the_preset_promises(name, case):
    events = run_on(name, body_of(name, case), case)

    assert [shown(event) for event in events] == [expected(event) for event in case["events"]]


@pytest.mark.parametrize(("name", "case"), each_case())
def test_what_goes_to_gong_would_be_taken_and_is_named_as_gong_names_things(name, case):
    bodies = [event.call.body for event in run_on(name, body_of(name, case), case) if event.call]
    types = [body["eventType"] for body in bodies]

    assert [validate_body(Operation.DIGITAL_INTERACTION, body) for body in bodies] == [[] for _ in bodies]
    assert [each for each in types if each != each.lower() or len(each) > EVENT_TYPE_MAX] == []


@pytest.mark.parametrize(("name", "case"), each_case())
def test_a_payload_sent_again_gives_the_same_ids(name, case):
    once, again = (run_on(name, body_of(name, case), case) for _ in range(2))

    assert [event.event_id for event in once] == [event.event_id for event in again]


@pytest.mark.parametrize("name", PRESETS)
def test_no_two_events_of_a_payload_share_an_id(name):
    for case in cases_of(name):
        ids = [event.event_id for event in run_on(name, body_of(name, case), case) if event.call]

        assert len(set(ids)) == len(ids), case["title"]


@pytest.mark.parametrize("name", PRESETS)
def test_some_event_of_a_vendor_arrives_and_some_other_is_filtered(name):
    found = {event.status for case in cases_of(name) for event in run_on(name, body_of(name, case), case)}

    assert found == {ResultStatus.READY, ResultStatus.FILTERED}


@pytest.mark.parametrize("name", PRESETS)
def test_a_rule_of_a_preset_is_shown_by_a_case(name):
    used = {
        event.rule
        for case in cases_of(name)
        for event in run_on(name, body_of(name, case), case)
        if event.call
    }

    assert {rule.name for rule in compiled(name).rules} == used


@pytest.mark.parametrize("less", [lambda _: None, lambda _: "?"], ids=["missing", "nonsense"])
@pytest.mark.parametrize(("name", "case"), each_case())
def test_whatever_a_payload_lacks_only_a_time_that_cannot_be_read_makes_it_dead(name, case, less):
    for body in lessened(body_of(name, case), less):
        problems = [problem for event in run_on(name, body, case) for problem in event.problems]

        assert [problem for problem in problems if problem.path != "timestamp"] == []


@pytest.mark.parametrize("name", PRESETS)
@given(body=OBJECTS | st.lists(OBJECTS, max_size=3))
def test_a_body_of_any_other_event_is_filtered(name, body):
    assert {event.status for event in run_on(name, body)} <= {ResultStatus.FILTERED}
