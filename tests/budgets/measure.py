"""Measures how the CPU time and the memory of a parser grow with its input, and judges them.

The rules, for inputs of a hostile kind up to the largest that the parser may get:

* CPU time: at most the parser's `seconds`.
* Its growth when the input doubles: not more than GROWTH_MAX in two doublings in a row, and at most JUMP_MAX in the
  last. Only costs above CPU_FREE count: a parser whose largest input costs less has nothing left to attack.
* Peak memory: at most `memory` bytes for each character, besides MEMORY_FREE.
* Its growth: the same as for CPU time, where the peak is above MEMORY_FREE.

A doubling costs twice as much in a linear parser, and four times as much in a quadratic one; what no longer fits into
a processor's cache costs a little more than twice. A cost above a limit is measured twice more, and the smallest of
the three counts: other processes can only add time.
"""

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.budgets.hostile import Build
from tests.budgets.parser import Parser

CPU_FREE = 0.05
GROWTH_MAX = 2.6
JUMP_MAX = 3.4
MEMORY_FREE = 1024 * 1024

_CPU_SHIFTS = (6, 5, 4, 3, 2, 1, 0)
_MEMORY_SHIFTS = (5, 4, 3)
"""The sizes, as the largest divided by a power of two. Memory does not vary between runs, so smaller inputs do."""
_ATTEMPTS = 3

Run = Callable[[str], object]


class OverBudget(AssertionError):
    """A parser costs or grows more than it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one kind of input costs."""

    seconds: float
    """CPU time for the largest input."""
    growth: float
    """Largest growth of CPU time when the input doubles; 0 if it never costs more than CPU_FREE."""
    memory: float
    """Peak memory in bytes per character."""
    memory_growth: float
    """Largest growth of memory when the input doubles; 0 if the peak is below MEMORY_FREE."""


def measure(parser: Parser, build: Build) -> Cost:
    """Measure a parser with one kind of input. Raises OverBudget."""
    seconds, growth = _measure_time(parser, build)
    memory, memory_growth = _measure_memory(parser, build)
    return Cost(seconds=seconds, growth=growth, memory=memory, memory_growth=memory_growth)


def cpu_seconds(run: Run, text: str) -> float:
    """Return the CPU time of one run."""
    with _without_collector():
        started = time.process_time()
        run(text)
        return time.process_time() - started


def _measure_time(parser: Parser, build: Build) -> tuple[float, float]:
    costs: list[tuple[str, float]] = []
    growths = [0.0]
    parser.parse(build(parser.limit >> _CPU_SHIFTS[0]))  # imports and caches
    # From small to large, so that a parser that fails does so before it takes minutes.
    for shift in _CPU_SHIFTS:
        text = build(parser.limit >> shift)
        costs.append((text, _least_seconds(parser, text)))
        if costs[-1][1] > parser.seconds:
            raise OverBudget(f"{len(text)} characters take {costs[-1][1]:.2f} s of CPU time")
        growths.append(_growth(parser.parse, costs))
        _check_growth(growths, "CPU time", text, is_last=not shift)
    return costs[-1][1], max(growths)


def _growth(run: Run, costs: list[tuple[str, float]]) -> float:
    """Return the growth in the last doubling; 0 if the cost is too small to measure."""
    if len(costs) == 1 or costs[-1][1] <= CPU_FREE:
        return 0.0
    (smaller, before), (larger, after) = costs[-2:]
    growth = after / max(before, 1e-6)
    for _ in range(_ATTEMPTS - 1):
        if growth > GROWTH_MAX:
            growth = min(growth, cpu_seconds(run, larger) / max(cpu_seconds(run, smaller), 1e-6))
    return growth


def _check_growth(growths: list[float], what: str, text: str, *, is_last: bool) -> None:
    # What has a limit of its own, such as the length of a host, may grow fast below that limit, and not above it.
    if min(growths[-2:]) > GROWTH_MAX or (is_last and growths[-1] > JUMP_MAX):
        raise OverBudget(f"{growths[-1]:.1f} times the {what} for twice the input, at {len(text)} characters")


def _least_seconds(parser: Parser, text: str) -> float:
    seconds = cpu_seconds(parser.parse, text)
    for _ in range(_ATTEMPTS - 1):
        if seconds > parser.seconds:
            seconds = min(seconds, cpu_seconds(parser.parse, text))
    return seconds


def _measure_memory(parser: Parser, build: Build) -> tuple[float, float]:
    growths, before, peak = [0.0], 0, 0
    for shift in _MEMORY_SHIFTS:
        text = build(parser.limit >> shift)
        before, peak = peak, peak_bytes(parser.parse, text)
        if peak > MEMORY_FREE + parser.memory * len(text):
            raise OverBudget(f"{len(text)} characters take {peak:,} bytes of memory")
        growths.append(peak / before if before and peak > MEMORY_FREE else 0.0)
        _check_growth(growths, "memory", text, is_last=shift == _MEMORY_SHIFTS[-1])
    return peak / len(text), max(growths)


def peak_bytes(run: Run, text: str) -> int:
    """Return the peak of the memory that one run allocates."""
    with _without_collector():
        tracemalloc.start()
        try:
            run(text)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


@contextmanager
def _without_collector() -> Iterator[None]:
    # A collection would search everything that the tests before have left, at a time of its own choice.
    gc.collect(0)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
