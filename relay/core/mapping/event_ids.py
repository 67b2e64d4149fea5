"""Event ids: the payload's own id prefixed with the source's name, or a hash of the item."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import orjson

from relay.core.default_mapping.ids_and_titles import make_event_id
from relay.core.gong.fields import is_storable


def prefix_event_id(source: str, native: Any) -> str | None:
    """Return `website:ev-1` for `ev-1`, and for `website:ev-1` too. None if `native` cannot be an id."""
    if not isinstance(native, str) or not native.strip() or not is_storable(native):
        return None
    # An id that already has the prefix, such as one that was read back from Gong, must not get it twice.
    return make_event_id(source, native.removeprefix(f"{source}:"))


def hash_event_id(source: str, *parts: Any) -> str:
    """Return the source's name and a hash of `parts`, which does not depend on the order of object keys."""
    try:
        serialized = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # nested too deep for orjson, or an integer beyond 64 bits
        serialized = "\n".join(_walk_tokens(parts)).encode(errors="surrogatepass")
    return f"{source}:{sha256(serialized).hexdigest()}"


def _walk_tokens(parts: Any) -> Iterator[str]:
    # A stack instead of recursion: there is no depth that this cannot read. Both the tokens and their order are
    # part of stored ids, so they must never change.
    stack = [parts]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            yield f"{{{len(value)}"
            stack.extend(item for key in sorted(value, reverse=True) for item in (value[key], key))
        elif isinstance(value, list | tuple):
            yield f"[{len(value)}"
            stack.extend(reversed(value))
        else:
            yield repr(value)
