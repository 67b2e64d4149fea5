"""The id of an event: its own with the source's name in front, or a digest of the item that never changes."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import orjson

from relay.core.default_mapping.ids_and_titles import make_event_id
from relay.core.gong.fields import is_storable


def native_event_id(source: str, native: Any) -> str | None:
    """`website:ev-1` of `ev-1`, and of `website:ev-1` as well. None when it is no id."""
    if not isinstance(native, str) or not native.strip() or not is_storable(native):
        return None
    return make_event_id(source, native.removeprefix(f"{source}:"))


def digest_event_id(source: str, *parts: Any) -> str:
    """The same for the same parts, whatever the order of their keys."""
    try:
        written = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # nested too deep, or a number too long for it
        written = "\n".join(_tokens(parts)).encode(errors="surrogatepass")
    return f"{source}:{sha256(written).hexdigest()}"


def _tokens(parts: Any) -> Iterator[str]:
    """Without recursion, so that no depth is too much."""
    left = [parts]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            yield f"{{{len(value)}"
            left.extend(each for key in sorted(value, reverse=True) for each in (value[key], key))
        elif isinstance(value, list | tuple):
            yield f"[{len(value)}"
            left.extend(reversed(value))
        else:
            yield repr(value)
