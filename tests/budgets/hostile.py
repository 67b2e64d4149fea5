"""Hostile inputs: each function returns one that has about the given number of characters."""

import json
from collections.abc import Callable, Mapping

Build = Callable[[int], str]
Inputs = Mapping[str, Build]


def repeat(unit: str, start: str = "", end: str = "") -> Build:
    """Build `start`, then `unit` as often as fits, then `end`."""

    def build(size: int) -> str:
        return start + unit * max((size - len(start) - len(end)) // len(unit), 1) + end

    return build


def number(unit: str, start: str = "", end: str = "") -> Build:
    """Build `start`, then `unit` with a new number in place of each `#`, then `end`."""

    def build(size: int) -> str:
        count = max((size - len(start) - len(end)) // (len(unit) + 5), 1)
        return start + "".join(unit.replace("#", str(index)) for index in range(count)) + end

    return build


def spread(count: int, build_item: Build, start: str = "", end: str = "", separator: str = ",") -> Build:
    """Build `count` items that share the size, such as the events of one batch."""

    def build(size: int) -> str:
        return start + separator.join([build_item(size // count)] * count) + end

    return build


def nest(levels: int, inner: Build) -> Build:
    """Build JSON in a string of JSON in a string of JSON…"""

    def build(size: int) -> str:
        text = inner(max(size >> levels, 1))
        for _ in range(levels):
            text = json.dumps({"body": text})
        return text

    return build


JSON = {
    "never-closed string of escaped quotes": repeat('\\"', '["verification",' + "[" * 33 + '"'),
    "never-closed string of backslashes": repeat("\\\\", "[" * 40 + '"'),
    "quotes": repeat('"'),
    "opening brackets": repeat("["),
    "empty lists": repeat("[],", "[", "[]]"),
    "empty objects": repeat("{},", "[", "{}]"),
    "ones": repeat("1,", "[", "1]"),
    "short strings": repeat('"a",', "[", '""]'),
    "different keys": number('"#":1,', "{", '"":1}'),
    "different keys and one repeated": number('"#":1,', "{", '"x":1,"x":1}'),
    "one key repeated": repeat('"a":1,', "{", '"a":1}'),
    "long key over many texts": lambda size: (
        '{"' + "k" * (size // 2) + '":["\\ud83d\\ude00"' + ',"t"' * (size // 8) + "]}"
    ),
    "digits": repeat("1"),
    "digits of a fraction": repeat("1", "[0."),
    "escaped letters": repeat("\\u0041", '["', '"]'),
    "half surrogate pairs": repeat("\\ud83d", '["', '"]'),
    "levels up to the limit": repeat("[" * 30 + "]" * 30 + ",", "[", "[]]"),
    "JSON in JSON in JSON": nest(3, repeat('{"email":"jane@acme.com"},', "[", "{}]")),
    "spaces": repeat(" "),
}
"""JSON, or what begins like it."""

TEXT = {
    "at signs": repeat("@"),
    "addresses": number("u#@acme#.com "),
    "addresses with long domains beyond ASCII": repeat("a@" + "é" * 60 + ".é" * 90 + ".com "),
    "letters": repeat("a"),
    "letters before a scheme": repeat("a", "", "://"),
    "digits": repeat("1"),
    "phone numbers": repeat("+1 (555) 010-9999, "),
    "percent escapes": repeat("%40"),
    "percent signs": repeat("%"),
    "dots": repeat("."),
    "labels": repeat("a."),
    "combining characters": repeat("\u0315\u0300"),
    "spaces": repeat(" "),
    "opening tags": repeat("<"),
    "tags that are never closed": repeat("<script "),
    "quotes": repeat("\"'`"),
    "backslashes": repeat("\\"),
    "minus signs": repeat("-"),
    "words": repeat("a1-b2 "),
}
"""Text of any kind."""


def some(inputs: Inputs, *names: str) -> dict[str, Build]:
    """Return a few of the inputs."""
    return {name: inputs[name] for name in names}


HEADER_TEXT = {
    **some(TEXT, "letters", "digits", "spaces", "dots", "percent signs"),
    "semicolons": repeat(";"),
    "commas": repeat(","),
    "pairs": repeat("a=b; "),
    "escaped quotes": repeat('\\"', 'a="'),
    "quotes": repeat('"'),
    "equals signs": repeat("="),
    "continuations": repeat("; a*0*=utf-8''b", "form-data"),
    "weights": repeat("a;q=0.1,"),
    "ampersands": repeat("&"),
}
"""Values of headers, or of a query."""
