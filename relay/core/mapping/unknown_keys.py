"""What a key or a word may be, and which of them somebody meant who wrote another."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from relay.core.errors import Problem, join_path
from relay.core.gong.base_schema import closest_name
from relay.core.gong.problems import printable_key
from relay.core.mapping.problems import MappingErrorCode


def check_keys(spec: Mapping[Any, Any], known: Sequence[str], path: str) -> Iterator[Problem]:
    for key in spec:
        if key not in known:
            message = f"there is no such key{did_you_mean(key, known)}"
            yield Problem(join_path(path, printable_key(str(key))), MappingErrorCode.KEY, message)


def did_you_mean(word: Any, known: Sequence[str]) -> str:
    """`: did you mean priority?`, or all that there are."""
    near = closest_name(word, known) if isinstance(word, str) else None
    if near:
        return f": did you mean {near}?"
    return f": there are {', '.join(known)}" if known else ""
