"""Strict JSON parser for the endpoints: UTF-8 only, no repeated keys, and no value that could not be forwarded unchanged.

Python's own parser accepts more (other encodings, NaN, repeated keys, half a surrogate pair), and the relay would
pass that on as an event that Gong cannot read.
"""

import json
import re
from collections.abc import Iterator
from math import isfinite
from typing import Any, NoReturn

from relay.core.errors import BadRequest, join_path

MAX_DEPTH = 32
MAX_DIGITS = 19

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_BRACKETS = re.compile(rb"[\[{]")
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def parse_json(raw: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Parse one JSON value. Raises BadRequest with the position of the error and what to do."""
    return _parse(raw, 1, max_depth=max_depth)


def parse_json_lines(raw: bytes, *, max_depth: int = MAX_DEPTH) -> list[tuple[int, Any | BadRequest]]:
    """Parse newline-delimited JSON into pairs of line number (from 1) and value, or the error of that line.

    Empty lines are skipped, so the position in the list is the item's index.
    """
    lines = enumerate(raw.split(b"\n"), start=1)
    return [(number, _try_parse(line, number, max_depth=max_depth)) for number, line in lines if line.strip()]


def _try_parse(raw: bytes, line: int, *, max_depth: int) -> Any | BadRequest:
    try:
        return _parse(raw, line, max_depth=max_depth)
    except BadRequest as error:
        return error


def _parse(raw: bytes, line: int, *, max_depth: int) -> Any:
    text = _decode(raw)
    _check_depth(raw, max_depth)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"Line {line + error.lineno - 1} column {error.colno}"
        raise BadRequest("not_json", f"{place}: {error.msg}. Send one complete JSON value.") from None
    if _SUSPECT_ESCAPE.search(raw):
        _check_text(value)
    return value


def _decode(raw: bytes) -> str:
    if not raw.strip():
        raise BadRequest("empty_body", "The body is empty. Send JSON.")
    if raw.startswith(_BYTE_ORDER_MARKS):
        raise BadRequest("not_utf8", "The body starts with a byte-order mark. Send UTF-8 without one.")
    if (place := raw.find(0)) >= 0:
        raise BadRequest("not_utf8", f"Byte {place} is zero. Send UTF-8 (not UTF-16 or UTF-32) without NUL.")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise BadRequest("not_utf8", f"Byte {error.start} is not UTF-8. Encode the body as UTF-8.") from None


def _check_depth(raw: bytes, max_depth: int) -> None:
    # Checked before parsing, which recurses. A value with fewer brackets than the limit needs no closer look.
    if raw.count(b"{") + raw.count(b"[") <= max_depth:
        return
    depth = 0
    for bracket in _STRING.sub(b"", raw).translate(None, _ALL_BUT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > max_depth:
            raise BadRequest(
                "too_deep", f"The JSON is nested deeper than {max_depth} levels. Send a flatter value."
            )


def _check_text(value: Any) -> None:
    for path, text in _texts(value, ""):
        if match := _UNSAFE.search(text):
            name = "NUL" if match[0] == "\0" else "half a surrogate pair"
            raise BadRequest(
                "bad_text", f"{path or '(body)'} contains {name} (\\u{ord(match[0]):04x}). Remove it."
            )


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"a key of {path or 'the body'}", key
            yield from _texts(item, join_path(path, key))


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for number, key in enumerate(keys) if key in keys[:number])
        raise BadRequest("duplicate_key", f"Key {twice!r} occurs twice in one object. Send it once.")
    return value


def _parse_integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS and len(digits.lstrip("-")) > MAX_DIGITS:
        raise BadRequest(
            "bad_number", f"{digits[:MAX_DIGITS]}… has more than {MAX_DIGITS} digits. Send it as a string."
        )
    return int(digits)


def _parse_float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise BadRequest("bad_number", f"{digits[:MAX_DIGITS]} is too large. Send it as a string.")
    return number


def _reject_constant(name: str) -> NoReturn:
    raise BadRequest("bad_number", f"{name} is not JSON. Send a number or null.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_build_object,
    parse_int=_parse_integer,
    parse_float=_parse_float,
    parse_constant=_reject_constant,
)
