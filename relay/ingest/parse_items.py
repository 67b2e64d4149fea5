"""Parse a request body into items: one JSON object, an array of objects, or one object per line (NDJSON)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relay.core.errors import BadRequest, TooLarge, UnsupportedType, shorten
from relay.core.header_value import parse_content_type
from relay.core.strict_json import parse_json, parse_json_lines

_JSON = frozenset({"application/json"})
_LINES = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-lines"}
)


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a request. `single`: the body was one object, not an array or lines; the response is one object too."""

    values: Sequence[Any | BadRequest]
    single: bool


def read_items(raw: bytes, content_type: str, *, max_items: int) -> Items:
    """Parse the items of a body. A damaged line becomes a BadRequest in place of its value.

    Raises BadRequest if the whole body cannot be parsed, UnsupportedType, or TooLarge for more than `max_items` items.
    """
    media = parse_content_type(content_type).value
    # Lines are parsed one by one, so that one damaged line does not reject the others.
    if media in _LINES:
        lines = parse_json_lines(raw, max_lines=max_items)
        return Items(_check_count([value for _, value in lines], max_items), single=False)
    if media not in _JSON and not media.endswith("+json"):
        problem = (
            f"The Content-Type is {shorten(media)!r}. " if media else "The request has no Content-Type. "
        )
        text = f"{problem}Send application/json, or application/x-ndjson for one event per line."
        raise UnsupportedType("unsupported_type", text)
    value = parse_json(raw)
    if isinstance(value, list):
        return Items(_check_count(value, max_items), single=False)
    return Items([value], single=True)


def read_json_value(raw: bytes, content_type: str) -> Any:
    """Parse a body that is one JSON value. Raises BadRequest if it cannot be parsed, and UnsupportedType."""
    if parse_content_type(content_type).value not in _JSON:
        raise UnsupportedType("unsupported_type", "Send the Content-Type application/json.")
    return parse_json(raw)


def _check_count(values: list[Any], max_items: int) -> list[Any]:
    if not values:
        raise BadRequest("no_events", "The body contains no event. Send at least one.")
    if len(values) > max_items:
        raise TooLarge(
            "too_many_items",
            f"The body contains {len(values)} events; the maximum per request is {max_items}.",
        )
    return values
