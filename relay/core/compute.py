"""Where a costly pure function runs: in the caller's thread, or in one that lets the process go on meanwhile."""

from collections.abc import Callable
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Compute(Protocol):
    """Calls a function and returns its result, or raises what it raises.

    size: the size of the function's input, in bytes. It decides whether another thread is worth its cost.
    """

    def __call__(self, size: int, function: Callable[[], Result], /) -> Result: ...


def compute_here(_: int, function: Callable[[], Result], /) -> Result:
    """Call the function in the caller's thread."""
    return function()


def call_here(function: Callable[[], None]) -> None:
    """Call the function in the caller's thread."""
    function()
