"""The lifecycle of alerts over a series of checks: opened once, repeated in time, resolved when the condition stays away."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.alerts.lifecycle import Alert, AlertChanges, update_alerts
from relay.core.alerts.thresholds import AlertConfig
from tests.core.alerts.alert_world import NOW, after, condition, names

RULES = AlertConfig(repeat_interval=600.0, resolve_after=300.0)
PRESENT, ABSENT, EDGE = [condition()], [], [condition(opens=False)]


def run_checks(*checks: list, every: float = 60.0) -> list[AlertChanges]:
    """The changes of each check, one after the other."""
    alerts: tuple[Alert, ...] = ()
    steps = []
    for number, conditions in enumerate(checks):
        changes = update_alerts(alerts, conditions, RULES, after(number * every))
        alerts = changes.open
        steps.append(changes)
    return steps


def summarize(steps: list[AlertChanges]) -> str:
    """One letter per check: opened, repeated, resolved (x), or no change (a dot)."""
    letters = [(("o", step.opened), ("r", step.repeated), ("x", step.resolved)) for step in steps]
    return "".join("".join(letter for letter, alerts in step if alerts) or "." for step in letters)


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ([PRESENT] * 4, "o..."),
        ([PRESENT] * 12, "o.........r."),
        ([PRESENT, *[ABSENT] * 6], "o....x."),
        ([PRESENT, ABSENT, ABSENT, PRESENT, *[ABSENT] * 5], "o.......x"),
        ([PRESENT, ABSENT] * 8, "o.........r....."),
        ([EDGE] * 3, "..."),
        ([PRESENT, *[EDGE] * 8], "o........"),
        ([PRESENT, *[ABSENT] * 6, PRESENT], "o....x.o"),
    ],
)  # fmt: skip
def test_an_alert_opens_once_repeats_in_time_and_resolves_when_its_condition_stays_away(
    checks: list, expected: str
):
    assert summarize(run_checks(*checks)) == expected


def test_two_subjects_of_one_kind_are_two_alerts():
    (changes,) = run_checks([condition(subject="acme"), condition(subject="globex")])

    assert names(changes.opened) == ["acme", "globex"]


def test_an_alert_keeps_its_id_until_it_resolves():
    steps = run_checks(*[PRESENT] * 11, *[ABSENT] * 6)
    ids = {alert.id for step in steps for alert in (*step.opened, *step.repeated, *step.resolved)}

    assert len(ids) == 1


def test_the_next_alert_of_the_same_condition_has_a_new_id():
    steps = run_checks(PRESENT, *[ABSENT] * 6, PRESENT)

    assert steps[0].opened[0].id != steps[-1].opened[0].id


def test_a_repeated_alert_has_the_current_text():
    first = update_alerts((), PRESENT, RULES, NOW)
    worse = [condition(subject="acme")]
    object.__setattr__(worse[0], "text", "acme still has a problem.")

    assert update_alerts(first.open, worse, RULES, after(601)).repeated[0].text == "acme still has a problem."


CHECKS = st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=4), max_size=60)


@given(CHECKS, st.floats(1, 400))
def test_each_alert_opens_once_and_resolves_once(checks: list, every: float):
    conditions = [[condition(subject=name, opens=opens) for name, opens in check] for check in checks]
    steps = run_checks(*conditions, every=every)
    opened = [alert.id for step in steps for alert in step.opened]
    resolved = [alert.id for step in steps for alert in step.resolved]
    still_open = [alert.id for alert in steps[-1].open] if steps else []

    assert len(set(opened)) == len(opened)
    assert sorted(opened) == sorted([*resolved, *still_open])


@given(CHECKS, st.floats(1, 400))
def test_no_alert_is_repeated_within_the_repeat_interval(checks: list, every: float):
    last: dict[str, datetime] = {}
    conditions = [[condition(subject=name, opens=opens) for name, opens in check] for check in checks]
    for step in run_checks(*conditions, every=every):
        for alert in step.repeated:
            assert alert.last_notified_at - last[alert.id] >= timedelta(seconds=RULES.repeat_interval)
        last |= {alert.id: alert.last_notified_at for alert in (*step.opened, *step.repeated)}


@given(CHECKS, st.floats(1, 400))
def test_an_alert_resolves_only_when_its_condition_has_stayed_away(checks: list, every: float):
    conditions = [[condition(subject=name, opens=opens) for name, opens in check] for check in checks]
    for number, step in enumerate(run_checks(*conditions, every=every)):
        for alert in step.resolved:
            assert after(number * every) - alert.last_seen_at >= timedelta(seconds=RULES.resolve_after)
