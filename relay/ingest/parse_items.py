"""The bytes of a request as items: one JSON object, an array of them, or one a line (NDJSON)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relay.core.errors import BadRequest, TooLarge, UnsupportedType
from relay.core.strict_json import parse_json, parse_json_lines

_JSON = frozenset({"application/json"})
_LINES = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-lines"}
)


@dataclass(frozen=True, slots=True)
class Items:
    """What a request holds. `single` when it was one object by itself, which is answered as one."""

    values: Sequence[Any | BadRequest]
    single: bool


def read_items(raw: bytes, content_type: str, *, max_items: int) -> Items:
    """The items of a body. An item that cannot be read (a damaged line) stands as its error.

    Raises BadRequest when the whole cannot be read, UnsupportedType, or TooLarge above `max_items` items.
    """
    media = _media(content_type)
    if media in _LINES:
        return Items(_bounded([value for _, value in parse_json_lines(raw)], max_items), single=False)
    if media not in _JSON and not media.endswith("+json"):
        told = f"The Content-Type is {media!r}. " if media else "There is no Content-Type. "
        text = f"{told}Send application/json, or application/x-ndjson for one event a line."
        raise UnsupportedType("unsupported_type", text)
    value = parse_json(raw)
    if isinstance(value, list):
        return Items(_bounded(value, max_items), single=False)
    return Items([value], single=True)


def read_json_value(raw: bytes, content_type: str) -> Any:
    """The one JSON value of a body. Raises BadRequest when it cannot be read, and UnsupportedType."""
    if _media(content_type) not in _JSON:
        raise UnsupportedType("unsupported_type", "Send the Content-Type application/json.")
    return parse_json(raw)


def _media(content_type: str) -> str:
    media, _, parameters = content_type.partition(";")
    _check_charset(parameters)
    return media.strip().lower()


def _check_charset(parameters: str) -> None:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        charset = value.strip().strip('"').lower()
        if name.strip().lower() == "charset" and charset not in {"utf-8", "utf8", "us-ascii"}:
            raise UnsupportedType("unsupported_charset", f"The charset is {charset!r}. Send UTF-8.")


def _bounded(values: list[Any], most: int) -> list[Any]:
    if not values:
        raise BadRequest("no_events", "The body holds no event. Send at least one.")
    if len(values) > most:
        raise TooLarge(
            "too_many_items", f"The body holds {len(values)} events; at most {most} are taken at a time."
        )
    return values
