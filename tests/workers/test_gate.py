from hypothesis import given
from hypothesis import strategies as st

from workers.gate import Gate


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@given(st.lists(st.floats(0, 0.5), max_size=60), st.integers(1, 5))
def test_no_window_holds_more_writes_than_its_company_may_make(gaps: list[float], per_second: int):
    clock = Clock()
    gate, written = Gate(1.03, clock), []
    for gap in gaps:
        clock.seconds += gap
        written.append(clock.seconds + gate.book("acme", per_second))

    assert written == sorted(written)
    assert all(late - early > 1.02 for early, late in zip(written, written[per_second:], strict=False))


def test_a_company_below_its_pace_never_waits():
    clock = Clock()
    gate = Gate(1.03, clock)

    for _ in range(10):
        assert gate.book("acme", 3) == 0.0
        clock.seconds += 0.35


def test_companies_do_not_wait_for_each_other():
    gate = Gate(60.0, Clock())

    assert [gate.book(company, 1) for company in ("a", "b", "c")] == [0.0, 0.0, 0.0]


def test_a_raised_limit_takes_hold_at_once():
    gate = Gate(60.0, Clock())
    gate.book("acme", 1)

    assert gate.book("acme", 2) == 0.0
    assert gate.book("acme", 2) == 60.0
