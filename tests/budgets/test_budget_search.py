"""A search for inputs that a parser is slow on, guided by CPU time. `make noise` searches longer than `make test`."""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings, target
from hypothesis import strategies as st

from tests.budgets.hostile import repeat
from tests.budgets.measure import cpu_seconds
from tests.budgets.parser import Parser
from tests.budgets.parsers import PARSERS

EXAMPLES = int(os.environ.get("NOISE_BUDGETS", "10"))
"""Inputs per parser."""
SIZE = 4_096
DOUBLINGS = 3
SECONDS_MAX = 0.3
TOKENS = [
    '"', "\\", '\\"', "\\\\", "\\u0041", "\\ud83d", "[", "]", "{", "}", ":", ",", "1", "-", ".", "e9", "a", " ", "\n", "\r\n",
    "=", "&", ";", "%", "%40", "%5B", "@", "é", "\u0315", "\u0300", "<", ">", "<script", "://", "/", "?", "#", "*a", "&a ",
    "- ", "'", "`", "(", ")", "+", "_", "--b\r\n", "name=", "Content-Disposition: form-data", '"a":', "v1=", "t=", "T", "Z",
    "2026-11-20", "www.", ".com", "\x01", "${", "{{", "}}",
]  # fmt: skip

words = st.lists(st.sampled_from(TOKENS), min_size=1, max_size=5).map("".join)


@pytest.mark.parametrize("parser", PARSERS, ids=[parser.name for parser in PARSERS])
def test_no_repeated_text_is_slow(parser: Parser):
    """Eight times the input may take twenty times as long: a quadratic parser takes sixty-four times as long."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.target],
    )
    @given(st.sampled_from(["", *(build(64)[:24] for build in parser.hostile.values())]), words, words)
    def search(start: str, unit: str, end: str) -> None:
        build = repeat(unit, start, end)
        largest = min(SIZE << DOUBLINGS, parser.limit)
        smaller, larger = build(largest >> DOUBLINGS), build(largest)
        seconds = cpu_seconds(parser.parse, larger)
        target(seconds)
        if seconds > SECONDS_MAX:
            before = max(cpu_seconds(parser.parse, smaller), 1e-6)
            again = min(seconds, *(cpu_seconds(parser.parse, larger) for _ in range(2)))
            assert again / before < 20 or again < SECONDS_MAX, (start, unit, end, before, again)

    search()
