from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from workers.pacing import RateGate


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def opened(window: float) -> tuple[RateGate, Clock]:
    """A gate that has been open for longer than its window."""
    clock = Clock()
    gate = RateGate(window, clock)
    clock.seconds += window
    return gate, clock


def test_a_new_gate_counts_the_calls_that_a_killed_worker_may_have_made():
    gate = RateGate(60.0, Clock())

    assert gate.reserve("acme", 3) == 60.0


@given(st.lists(st.floats(0, 0.5), max_size=60), st.integers(1, 5))
def test_no_window_has_more_writes_than_the_limit(gaps: list[float], per_second: int):
    gate, clock = opened(1.03)
    written: list[float] = []
    for gap in gaps:
        clock.seconds += gap
        written.append(clock.seconds + gate.reserve("acme", per_second))

    # Adding a wait to the time may round to the neighboring number.
    assert all(late > early - 1e-9 for early, late in pairwise(written))
    assert all(late - early > 1.02 for early, late in zip(written, written[per_second:], strict=False))


def test_a_company_below_its_limit_never_waits():
    gate, clock = opened(1.03)

    for _ in range(10):
        assert gate.reserve("acme", 3) == 0.0
        clock.seconds += 0.35


def test_companies_do_not_wait_for_each_other():
    gate, _ = opened(60.0)

    assert [gate.reserve(company, 1) for company in ("a", "b", "c")] == [0.0, 0.0, 0.0]


def test_a_raised_limit_applies_at_once():
    gate, _ = opened(60.0)
    gate.reserve("acme", 1)

    assert gate.reserve("acme", 2) == 0.0
    assert gate.reserve("acme", 2) == 60.0
