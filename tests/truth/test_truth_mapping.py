"""The page on mapping says what the language is: its sources work as printed, its tables are the code's own."""

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
from relay.core.mapping import compile as compiling
from relay.core.mapping import engine as run
from relay.core.mapping import lint_expression as lint
from relay.core.mapping import tree
from relay.core.mapping import work_limit as meter
from relay.core.mapping.functions import dates as moments
from relay.core.mapping.functions import jmespath_builtins as standard
from relay.core.mapping.functions import lookup as choices
from relay.core.mapping.functions import numbers, people
from relay.core.mapping.functions import strings as texts
from relay.core.mapping.functions import urls as web
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
WORKED = "A source from a payload alone"
EXAMPLE = re.compile(r"`(.+?)` is `(.+?)`(?=[\s.,:;]|$)")
GROUPS = {
    "Choose and gather": choices,
    "Text": texts,
    "Numbers": numbers,
    "Times": moments,
    "People and companies": people,
    "Links and browsers": web,
    "JMESPath's own": standard,
}


@pytest.mark.parametrize("title", ["A first mapping", WORKED])
def test_a_payload_on_the_page_becomes_the_body_on_the_page(title: str):
    payload, expected = map(orjson.loads, fenced(section(PAGE, title), "json"))
    [config] = map(config_of, fenced(section(PAGE, title), "yml"))
    [source] = config.sources.values()

    events = run.map_payload(
        config.hooks[source.name].mapping,
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


def test_the_source_from_a_payload_alone_is_short():
    [block] = fenced(section(PAGE, WORKED), "yml")

    assert len(block.splitlines()) <= 25


def test_the_source_from_a_payload_alone_knows_its_sender():
    [block] = fenced(section(PAGE, WORKED), "yml")
    body = fenced(section(PAGE, WORKED), "json")[0].encode()
    hook = config_of(block).hooks["rooms"]
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
    """What an empty map is told to fill."""
    with pytest.raises(ValidationFailed) as refused:
        compiling.compile_mapping([{"name": "a", "to": str(operation), "map": {}}])
    return {problem.path.removeprefix("rules[0].map.") for problem in refused.value.problems}


def test_every_call_is_explained_with_what_its_map_must_fill():
    told = {row[0]: set(re.findall(r"`(\w+)`", f"`{row[2]}`")) for row in rows(section(PAGE, "The calls"))}

    assert told == {str(operation): required_by(operation) for operation in Operation}


def test_every_name_that_an_expression_may_start_from_is_explained():
    assert first_cells(section(PAGE, "Names to start from")) == list(lint.SCOPE_NAMES)


def test_every_priority_is_explained():
    assert set(re.findall(r"`(\w+)`", section(PAGE, "Priorities"))) == set(Priority)


def test_every_limit_on_the_page_is_the_one_that_holds():
    told = [row[1] for row in rows(section(PAGE, "Limits"))]

    assert told == [
        f"{limit:,}"
        for limit in (
            compiling.RULES_MAX, tree.EXPRESSIONS_MAX, lint.LENGTH_MAX, lint.NODES_MAX, lint.COPIES_MAX, meter.TEXT_MAX,
            meter.DEPTH_MAX, payloads.FIELDS_MAX, run.ITEMS_MAX, meter.STEPS_PER_EVENT, meter.STEPS_PER_RECEIPT,
            meter.STEPS_PER_ITEM,
        )
    ]  # fmt: skip


def code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def call_of(does: Any) -> str:
    """`if(condition, then, otherwise?)`: how a function is called."""
    return f"{does.__name__.rstrip('_')}({', '.join(map(argument, inspect.signature(does).parameters.values()))})"


def argument(parameter: inspect.Parameter) -> str:
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"{parameter.name}…"
    optional = "" if parameter.default is parameter.empty else "?"
    return ("&" if parameter.annotation is ElementFunction else "") + parameter.name + optional


def row(does: Any) -> str:
    """A function's row: what its docstring says, in Markdown."""
    told = re.sub(r"\s*\n\s*", " ", inspect.cleandoc(does.__doc__))
    shown = EXAMPLE.sub(lambda found: f"{code(found[1])} is {code(found[2])}", told)
    return f"| `{call_of(does)}` | {shown} |"


@pytest.mark.parametrize("title", GROUPS)
def test_the_functions_on_the_page_are_the_languages_in_the_words_of_their_docstrings(title: str):
    module: ModuleType = GROUPS[title]
    lines = [line for line in section(PAGE, title).splitlines() if line.startswith("|")]

    assert lines[2:] == [row(does) for does in module.FUNCTIONS]
