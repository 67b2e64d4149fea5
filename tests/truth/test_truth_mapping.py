"""docs/mapping.md: its sources work as printed, and its tables match the code."""

import inspect
import re
from datetime import UTC, datetime
from hashlib import sha256
from hmac import digest
from types import ModuleType
from typing import Any

import orjson
import pytest

from relay.core import payloads
from relay.core.call import Operation
from relay.core.errors import ValidationFailed
from relay.core.mapping import compile as mapping_compile
from relay.core.mapping import engine, lint_expression, tree, work_limit
from relay.core.mapping.functions import dates, jmespath_builtins, lookup, numbers, people, strings, urls
from relay.core.mapping.functions.registry import ElementFunction
from relay.core.mapping.rule import Rule
from relay.core.payloads import Payload
from relay.core.priority import Priority
from relay.core.verification.request import SignedRequest
from relay.core.verification.verify import verify
from tests.truth.printed_sources import config_of
from tests.truth.project import fenced, first_cells, page, rows, section

PAGE = page("docs/mapping.md")
NOW = datetime(2026, 11, 21, tzinfo=UTC)
EXAMPLE_TITLE = "A complete example"
EXAMPLE = re.compile(r"`(.+?)` is `(.+?)`(?=[\s.,:;]|$)")
GROUPS = {
    "Choose and collect": lookup,
    "Text": strings,
    "Numbers": numbers,
    "Times": dates,
    "People and companies": people,
    "Links and browsers": urls,
    "JMESPath's own": jmespath_builtins,
}


@pytest.mark.parametrize("title", ["A first mapping", EXAMPLE_TITLE])
def test_a_payload_on_the_page_becomes_the_body_on_the_page(title: str):
    payload, expected = map(orjson.loads, fenced(section(PAGE, title), "json"))
    [config] = map(config_of, fenced(section(PAGE, title), "yml"))
    [source] = config.sources.values()

    events = engine.map_payload(
        config.webhooks[source.name].mapping,
        Payload(payload),
        source=source,
        destination=config.destinations["acme"],
        received_at=NOW,
    )

    calls = [event.call.body for event in events if event.call]
    assert calls == (expected if isinstance(expected, list) else [expected])
    assert [event.filter_reason for event in events if not event.call] == ["no rule matches it"] * (
        len(events) - len(calls)
    )
    assert [event.warnings for event in events] == [()] * len(events)


def test_the_complete_example_is_short():
    [block] = fenced(section(PAGE, EXAMPLE_TITLE), "yml")

    assert len(block.splitlines()) <= 25


def test_the_complete_example_verifies_its_sender():
    [block] = fenced(section(PAGE, EXAMPLE_TITLE), "yml")
    body = fenced(section(PAGE, EXAMPLE_TITLE), "json")[0].encode()
    hook = config_of(block).webhooks["rooms"]
    assert hook
    secret = hook.keys[0].secret
    assert isinstance(secret, bytes)
    made = "sha256=" + digest(secret, body, sha256).hex()
    request = SignedRequest(
        method="POST",
        public_url="",
        headers=[("X-Rooms-Signature", made)],
        query_string=b"",
        body=body,
    )

    assert verify(hook.scheme, hook.keys, request, now=NOW).key_id == hook.keys[0].id


def test_every_key_of_a_rule_is_explained():
    keys = {name.replace("tree", "map") for name in Rule.__dataclass_fields__}

    assert set(first_cells(section(PAGE, "The parts of a rule"))) == keys


def required_by(operation: Operation) -> set[str]:
    """The paths that an empty map is reported to lack."""
    with pytest.raises(ValidationFailed) as caught:
        mapping_compile.compile_mapping([{"name": "a", "to": str(operation), "map": {}}])
    return {problem.path.removeprefix("rules[0].map.") for problem in caught.value.problems}


def test_every_call_is_listed_with_what_its_map_must_fill():
    listed = {row[0]: set(re.findall(r"`(\w+)`", f"`{row[2]}`")) for row in rows(section(PAGE, "The calls"))}

    assert listed == {str(operation): required_by(operation) for operation in Operation}


def test_every_name_that_an_expression_may_start_from_is_explained():
    assert first_cells(section(PAGE, "Names an expression can read")) == list(lint_expression.SCOPE_NAMES)


def test_every_priority_is_explained():
    assert set(re.findall(r"`(\w+)`", section(PAGE, "Priorities"))) == set(Priority)


def test_every_limit_on_the_page_is_the_codes():
    listed = [row[1] for row in rows(section(PAGE, "Limits"))]

    assert listed == [
        f"{limit:,}"
        for limit in (
            mapping_compile.RULES_MAX, tree.EXPRESSIONS_MAX, lint_expression.LENGTH_MAX, lint_expression.NODES_MAX,
            lint_expression.COPIES_MAX, work_limit.TEXT_MAX, work_limit.DEPTH_MAX, payloads.FIELDS_MAX, payloads.PART_HEAD_MAX,
                payloads.LINES_MAX,
            engine.ITEMS_MAX, work_limit.STEPS_PER_EVENT, work_limit.STEPS_PER_RECEIPT, work_limit.STEPS_PER_ITEM,
        )
    ]  # fmt: skip


def code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def signature_of(function: Any) -> str:
    """`if(condition, then, otherwise?)`: how a function is called."""
    parameters = inspect.signature(function).parameters.values()
    return f"{function.__name__.rstrip('_')}({', '.join(map(render_parameter, parameters))})"


def render_parameter(parameter: inspect.Parameter) -> str:
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"{parameter.name}…"
    optional = "" if parameter.default is parameter.empty else "?"
    return ("&" if parameter.annotation is ElementFunction else "") + parameter.name + optional


def row(function: Any) -> str:
    """A function's row: its signature and its docstring, in Markdown."""
    text = re.sub(r"\s*\n\s*", " ", inspect.cleandoc(function.__doc__))
    markdown = EXAMPLE.sub(lambda match: f"{code(match[1])} is {code(match[2])}", text)
    return f"| `{signature_of(function)}` | {markdown} |"


@pytest.mark.parametrize("title", GROUPS)
def test_the_tables_of_functions_are_the_codes_with_their_docstrings(title: str):
    module: ModuleType = GROUPS[title]
    lines = [line for line in section(PAGE, title).splitlines() if line.startswith("|")]

    assert lines[2:] == [row(function) for function in module.FUNCTIONS]
