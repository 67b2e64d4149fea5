"""Waiting for what must come true, with a deadline: no test decides by how long it slept."""

import time
from collections.abc import Callable
from typing import Literal, TypeVar

T = TypeVar("T")

_LOOK_EVERY_SECONDS = 0.05


def eventually(look: Callable[[], T | Literal[False] | None], *, within: float, what: str = "") -> T:
    """What `look` returns once that is true. An AssertionError of `look` counts as not yet, and is shown at the end."""
    deadline, last = time.monotonic() + within, ""
    while True:
        try:
            found = look()
        except AssertionError as error:
            last = str(error)
        else:
            if found:
                return found
            last = repr(found)
        said = what or getattr(look, "__name__", "it")
        assert time.monotonic() < deadline, f"{said}: not within {within:g} s; at last {last[:2000]}"
        time.sleep(_LOOK_EVERY_SECONDS)
