"""Where a costly pure function runs: in the caller's thread, or in one that lets the process go on meanwhile."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, TypeVar

Result = TypeVar("Result")


_ITEM_BYTES = 64
"""An item costs as much as this many bytes, however short it is."""


def work_of(raw: bytes) -> int:
    """Return how much work a body can be, in bytes: its size, and more if it may have many items or fields."""
    return len(raw) + _ITEM_BYTES * (raw.count(b",") + raw.count(b"\n") + raw.count(b"&"))


class Compute(Protocol):
    """Calls a function and returns its result, or raises what it raises.

    size: the work for the function, in bytes of its input. It decides whether another thread is worth its cost.
    """

    def __call__(self, size: int, function: Callable[[], Result], /) -> Result: ...


def compute_here(_: int, function: Callable[[], Result], /) -> Result:
    """Call the function in the caller's thread."""
    return function()


def call_here(function: Callable[[], None]) -> None:
    """Call the function in the caller's thread."""
    function()


def admit_at_once(_: str, __: int, /) -> AbstractContextManager[None]:
    """Let a request of a source begin, without waiting for others."""
    return nullcontext()
