"""Functions of the mapping language: each does what the examples in its docstring say."""

import re
import time

import orjson
import pytest

from relay.core.mapping.functions.index import FUNCTIONS
from relay.core.mapping.lint_expression import parse_expression
from relay.core.mapping.work_limit import NoValue, StepCounter
from tests.core.mapping.builders import NOW

EXAMPLE = re.compile(r"`(.+?)` is\s+`(.+?)`(?=[\s.,:;]|$)", re.DOTALL)
CASES = [
    pytest.param(name, *example, id=f"{name}-{number}")
    for name, function in FUNCTIONS.items()
    for number, example in enumerate(EXAMPLE.findall(function.implementation.__doc__ or ""))
]


def value_of(text, **scope):
    expression = parse_expression(text, path="here")
    assert not isinstance(expression, list), expression
    return expression.evaluate(scope, StepCounter())


@pytest.mark.parametrize(("name", "text", "result"), CASES)
def test_the_example_in_a_functions_docstring_is_true(name, text, result):
    assert f"{name}(" in text
    assert value_of(text) == orjson.loads(result)


def test_every_function_has_an_example():
    assert {case.values[0] for case in CASES} == set(FUNCTIONS)


def required_parameters(function):
    return function.parameters[: function.min_arguments]


def is_typed(parameter):
    return not (parameter.any_type or parameter.reads_contents or parameter.is_expression)


@pytest.mark.parametrize(
    "name",
    [name for name, function in FUNCTIONS.items() if any(map(is_typed, required_parameters(function)))],
)
def test_a_typed_parameter_that_gets_null_makes_the_result_null(name):
    arguments = [
        "&a" if parameter.is_expression else "item.none" for parameter in required_parameters(FUNCTIONS[name])
    ]

    assert value_of(f"{name}({', '.join(arguments)})", item={}) is None


@pytest.mark.parametrize(
    ("text", "timestamp"),
    [
        ("1795168800", "2026-11-20T10:00:00Z"),
        (1795168800, "2026-11-20T10:00:00Z"),
        (1795168800.75, "2026-11-20T10:00:00Z"),
        (1795168800999, "2026-11-20T10:00:00Z"),
        ("2026-11-20T10:00:00.1234567Z", "2026-11-20T10:00:00Z"),
        ("2026-11-20T05:00:00-0500", "2026-11-20T10:00:00Z"),
        ("2026-11-20 10:00:00 UTC", "2026-11-20T10:00:00Z"),
        ("2026-11-20 12:00:00 +02:00", "2026-11-20T10:00:00Z"),
        ("20261120T100000Z", "2026-11-20T10:00:00Z"),
        ("Fri, 20 Nov 2026 10:00:00 +0000", "2026-11-20T10:00:00Z"),
        (" 2026-11-20t10:00:00z ", "2026-11-20T10:00:00Z"),
    ],
)
def test_timestamp_reads_the_formats_that_partners_use(text, timestamp):
    assert value_of("timestamp(item)", item=text) == timestamp


@pytest.mark.parametrize(
    ("text", "item", "reason"),
    [
        ("timestamp(item)", "2026-15-30T06:45:00Z", "needs a date and time"),
        ("timestamp(item)", "2026-11-20 10:00:00", "needs a zone"),
        ("timestamp(item, 'Europe/Berlin')", "2026-11-20 10:00:00", "needs a zone"),
        ("timestamp(item)", "0001-01-01T00:00:00Z", "between the years"),
        ("timestamp(item)", "9" * 19, "between the years"),
        ("timestamp(item)", "soon", "needs a date and time"),
        ("timestamp(item)", True, "takes text or a number"),
        ("number(item)", "1e999", "number"),
        ("number(item)", "١٢", "needs a number"),
        ("integer(item)", "many", "needs a number"),
        ("lower(item)", ["a"], "lower() takes text as argument 1"),
        ("sort(item)", [1, "a"], "cannot process"),
        ("join(', ', item)", [1], "cannot process"),
        ("replace(item, 'a', item)", "a" * 5_000, "longer than"),
        ("duration(item, 'weeks')", "5", "units"),
        ("scale(item, `0`, `100`)", 5, "above 0"),
    ],
)
def test_a_function_that_fails_says_why(text, item, reason):
    with pytest.raises(NoValue, match=re.escape(reason)):
        value_of(text, item=item)


@pytest.mark.parametrize(
    ("agent", "is_bot", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/127.0", False, "PC"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Mobile", False, "MOBILE"),
        ("Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X)", False, "MOBILE"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True, None),
        ("Mozilla/5.0 (Windows NT 5.1) Firefox/11.0 (via ggpht.com GoogleImageProxy)", True, "PC"),
        ("Robotics Weekly Reader", False, None),
    ],
)
def test_scanners_and_devices_are_recognized_by_user_agent(agent, is_bot, device):
    assert value_of("is_bot(item)", item=agent) is is_bot
    assert value_of("device(item)", item=agent) == device


def test_a_mail_providers_domain_is_not_a_companys():
    assert value_of("company_domain(item)", item="Jane <jane@GMAIL.com>") is None
    assert value_of("company_domain(item)", item="https://www.globex.example/pricing") == "globex.example"


def test_the_only_time_that_an_expression_reads_is_received_at():
    assert value_of("received_at", received_at=NOW.isoformat()) == "2026-11-21T12:00:00+00:00"


def test_a_slug_of_many_combining_characters_takes_milliseconds():
    """Sorting a run of them, as a normalization form does, took 20 seconds."""
    started = time.process_time()

    assert value_of("slug(item)", item="a" + "\u0315\u0300" * 40_000 + "b") == "ab"
    assert time.process_time() - started < 0.5
