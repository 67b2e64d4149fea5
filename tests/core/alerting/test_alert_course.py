"""How alerts go on from look to look: told once, told again in time, cleared when the cause has stayed away."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.alerts.lifecycle import Alert, AlertChanges, update_alerts
from relay.core.alerts.thresholds import AlertConfig
from tests.core.alerting.alert_world import NOW, after, finding, names

RULES = AlertConfig(repeat_interval=600.0, resolve_after=300.0)
FOUND, GONE, EDGE = [finding()], [], [finding(opens=False)]


def walk(*looks: list, every: float = 60.0) -> list[AlertChanges]:
    """What each of these looks changes, one after the other."""
    known: tuple[Alert, ...] = ()
    courses = []
    for number, found in enumerate(looks):
        course = update_alerts(known, found, RULES, after(number * every))
        known = course.open
        courses.append(course)
    return courses


def told(courses: list[AlertChanges]) -> str:
    """A letter for each look: opened, repeated, cleared, or nothing to tell (a dot)."""
    letters = [(("o", c.opened), ("r", c.repeated), ("c", c.cleared)) for c in courses]
    return "".join("".join(letter for letter, alerts in one if alerts) or "." for one in letters)


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([FOUND] * 4, "o..."),
        ([FOUND] * 12, "o.........r."),
        ([FOUND, *[GONE] * 6], "o....c."),
        ([FOUND, GONE, GONE, FOUND, *[GONE] * 5], "o.......c"),
        ([FOUND, GONE] * 8, "o.........r....."),
        ([EDGE] * 3, "..."),
        ([FOUND, *[EDGE] * 8], "o........"),
        ([FOUND, *[GONE] * 6, FOUND], "o....c.o"),
    ],
)  # fmt: skip
def test_one_cause_is_told_once_then_in_time_and_over_when_it_has_stayed_away(looks: list, expected: str):
    assert told(walk(*looks)) == expected


def test_two_subjects_of_one_kind_are_two_alerts():
    (course,) = walk([finding(subject="acme"), finding(subject="globex")])

    assert names(course.opened) == ["acme", "globex"]


def test_an_alert_keeps_its_id_from_the_first_message_to_the_all_clear():
    courses = walk(*[FOUND] * 11, *[GONE] * 6)
    ids = {one.id for course in courses for one in (*course.opened, *course.repeated, *course.cleared)}

    assert len(ids) == 1


def test_the_next_alert_of_the_same_cause_has_an_id_of_its_own():
    courses = walk(FOUND, *[GONE] * 6, FOUND)

    assert courses[0].opened[0].id != courses[-1].opened[0].id


def test_an_alert_that_is_told_again_says_what_is_the_case_now():
    first = update_alerts((), FOUND, RULES, NOW)
    worse = [finding(subject="acme")]
    object.__setattr__(worse[0], "text", "acme it still is.")

    assert update_alerts(first.open, worse, RULES, after(601)).repeated[0].text == "acme it still is."


LOOKS = st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=4), max_size=60)


@given(LOOKS, st.floats(1, 400))
def test_whatever_is_found_each_alert_is_opened_once_and_cleared_once(looks: list, every: float):
    found = [[finding(subject=name, opens=opens) for name, opens in look] for look in looks]
    courses = walk(*found, interval=every)
    opened = [one.id for course in courses for one in course.opened]
    cleared = [one.id for course in courses for one in course.cleared]
    still_open = [one.id for one in courses[-1].open] if courses else []

    assert len(set(opened)) == len(opened)
    assert sorted(opened) == sorted([*cleared, *still_open])


@given(LOOKS, st.floats(1, 400))
def test_whatever_is_found_no_alert_is_told_twice_within_the_time_to_repeat(looks: list, every: float):
    last: dict[str, datetime] = {}
    found = [[finding(subject=name, opens=opens) for name, opens in look] for look in looks]
    for course in walk(*found, interval=every):
        for one in course.repeated:
            assert one.told_at - last[one.id] >= timedelta(seconds=RULES.repeat_interval)
        last |= {one.id: one.told_at for one in (*course.opened, *course.repeated)}


@given(LOOKS, st.floats(1, 400))
def test_whatever_is_found_an_alert_is_cleared_only_when_its_cause_has_stayed_away(looks: list, every: float):
    found = [[finding(subject=name, opens=opens) for name, opens in look] for look in looks]
    for number, course in enumerate(walk(*found, interval=every)):
        for one in course.cleared:
            assert after(number * every) - one.seen_at >= timedelta(seconds=RULES.resolve_after)
