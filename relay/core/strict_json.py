"""Strict JSON parser for the endpoints: UTF-8 only, no repeated keys, and no value that could not be forwarded unchanged.

Python's own parser accepts more (other encodings, NaN, repeated keys, half a surrogate pair), and the relay would
pass that on as an event that Gong cannot read.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate, islice
from math import isfinite
from typing import Any, NoReturn

from relay.core.errors import BadRequest, TooLarge, join_path, shorten

MAX_DEPTH = 32
MAX_DIGITS = 19

_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
# As signed bytes, an opening bracket is 1 and a closing one -1: their running total is the depth.
_BRACKET_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_SUSPECT_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def parse_json(raw: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Parse one JSON value. Raises BadRequest with the position of the error and what to do."""
    return _parse(raw, 1, max_depth=max_depth)


def parse_json_lines(
    raw: bytes, *, max_lines: int, max_depth: int = MAX_DEPTH
) -> list[tuple[int, Any | BadRequest]]:
    """Parse newline-delimited JSON into pairs of line number (from 1) and value, or the error of that line.

    Empty lines are skipped, so the position in the list is the item's index. Raises TooLarge, before it parses any
    line, if there are more than `max_lines`.
    """
    full_lines = ((number, line) for number, line in enumerate(raw.split(b"\n"), start=1) if line.strip())
    lines = list(islice(full_lines, max_lines + 1))
    if len(lines) > max_lines:
        text = f"The body contains more than {max_lines} lines of JSON, the maximum per request. Send fewer."
        raise TooLarge("too_many_items", text)
    return [(number, _try_parse(line, number, max_depth=max_depth)) for number, line in lines]


def _try_parse(raw: bytes, line: int, *, max_depth: int) -> Any | BadRequest:
    try:
        return _parse(raw, line, max_depth=max_depth)
    except BadRequest as error:
        # A new error: the one that was raised holds its traceback, and with that all that was parsed.
        return BadRequest(error.code, error.detail)


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
    # Without the escapes in it, a string ends at the next quote. So every second piece is outside strings, also if
    # the last string is never closed. Each step is one pass in C over the bytes, whatever they are.
    pieces = raw.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
    brackets = b"".join(pieces[::2]).translate(_BRACKET_STEPS, _ALL_BUT_BRACKETS)
    if max(accumulate(memoryview(brackets).cast("b")), default=0) > max_depth:
        raise BadRequest(
            "too_deep", f"The JSON is nested deeper than {max_depth} levels. Send a flatter value."
        )


def _check_text(value: Any) -> None:
    if unsafe := _find_unsafe_text(value):
        path, character, is_key = unsafe
        place = f"a key of {path or 'the body'}" if is_key else path or "(body)"
        name = "NUL" if character == "\0" else "half a surrogate pair"
        raise BadRequest("bad_text", f"{place} contains {name} (\\u{ord(character):04x}). Remove it.")


def _find_unsafe_text(value: Any) -> tuple[str, str, bool] | None:
    """Return the path of the first unsafe text, the character, and whether the text is a key."""
    if isinstance(value, str):
        match = _UNSAFE.search(value)
        return ("", match[0], False) if match else None
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, list):
        items = enumerate(value)
    elif isinstance(value, dict):
        items = value.items()
    for key, item in items:
        if isinstance(key, str) and (match := _UNSAFE.search(key)):
            return "", match[0], True
        # The path grows on the way back: built on the way in, every text below a long key would copy that key.
        if unsafe := _find_unsafe_text(item):
            step = f"[{key}]" if isinstance(key, int) else shorten(key)
            return join_path(step, unsafe[0]), *unsafe[1:]
    return None


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        key = shorten(next(key for key, _ in pairs if counts[key] > 1))
        raise BadRequest("duplicate_key", f"Key {key!r} occurs twice in one object. Send it once.")
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
