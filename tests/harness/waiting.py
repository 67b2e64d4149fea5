"""Waiting for a condition with a deadline, so that no test depends on how long it slept."""

import time
from collections.abc import Callable
from typing import Literal, TypeVar

T = TypeVar("T")

_POLL_SECONDS = 0.05


def eventually(check: Callable[[], T | Literal[False] | None], *, within: float, what: str = "") -> T:
    """Return what `check` returns once it is true. An AssertionError in `check` counts as false, and is shown at the end."""
    deadline, last = time.monotonic() + within, ""
    while True:
        try:
            result = check()
        except AssertionError as error:
            last = str(error)
        else:
            if result:
                return result
            last = repr(result)
        description = what or getattr(check, "__name__", "it")
        assert time.monotonic() < deadline, f"{description}: not within {within:g} s; at last {last[:2000]}"
        time.sleep(_POLL_SECONDS)
