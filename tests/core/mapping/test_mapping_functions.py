"""Every function of the mapping language does what its own docstring shows."""

import re

import orjson
import pytest

from relay.core.mapping.functions.index import FUNCTIONS
from relay.core.mapping.lint_expression import parse_expression
from relay.core.mapping.work_limit import NoValue, StepCounter
from tests.core.mapping.builders import NOW

EXAMPLE = re.compile(r"`(.+?)` is\s+`(.+?)`(?=[\s.,:;]|$)", re.DOTALL)
CASES = [
    pytest.param(name, *example, id=f"{name}-{place}")
    for name, function in FUNCTIONS.items()
    for place, example in enumerate(EXAMPLE.findall(function.does.__doc__ or ""))
]


def value_of(text, **scope):
    expression = parse_expression(text, path="here")
    assert not isinstance(expression, list), expression
    return expression.evaluate(scope, StepCounter())


@pytest.mark.parametrize(("name", "text", "result"), CASES)
def test_the_example_of_a_function_is_true(name, text, result):
    assert f"{name}(" in text
    assert value_of(text) == orjson.loads(result)


def test_every_function_shows_an_example():
    assert {case.values[0] for case in CASES} == set(FUNCTIONS)


def is_typed(kind):
    return not (kind.anything or kind.deep or kind.each)


@pytest.mark.parametrize(
    "name", [name for name, each in FUNCTIONS.items() if any(map(is_typed, each.kinds[: each.least]))]
)
def test_what_is_missing_stays_missing(name):
    function = FUNCTIONS[name]
    arguments = ["&a" if kind.each else "item.none" for kind in function.kinds[: function.least]]

    assert value_of(f"{name}({', '.join(arguments)})", item={}) is None


@pytest.mark.parametrize(
    ("written", "seconds"),
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
def test_a_time_is_read_however_a_partner_writes_it(written, seconds):
    assert value_of("timestamp(item)", item=written) == seconds


@pytest.mark.parametrize(
    ("text", "item", "why"),
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
        ("sort(item)", [1, "a"], "cannot work"),
        ("join(', ', item)", [1], "cannot work"),
        ("replace(item, 'a', item)", "a" * 5_000, "more than"),
        ("duration(item, 'weeks')", "5", "units"),
        ("scale(item, `0`, `100`)", 5, "above 0"),
    ],
)
def test_a_function_says_why_it_has_no_value(text, item, why):
    with pytest.raises(NoValue, match=re.escape(why)):
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
def test_scanners_are_told_from_people_by_their_agent(agent, is_bot, device):
    assert value_of("is_bot(item)", item=agent) is is_bot
    assert value_of("device(item)", item=agent) == device


def test_a_mail_provider_is_never_a_company():
    assert value_of("company_domain(item)", item="Jane <jane@GMAIL.com>") is None
    assert value_of("company_domain(item)", item="https://www.globex.example/pricing") == "globex.example"


def test_a_function_cannot_see_the_clock():
    assert value_of("received_at", received_at=NOW.isoformat()) == "2026-11-21T12:00:00+00:00"
