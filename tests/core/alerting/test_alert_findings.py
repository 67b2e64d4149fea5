"""What of a look is worth an alert: from where on, and in which words."""

from typing import Any

import pytest

from relay.core.alerts.conditions import HeldDestination, find_conditions, format_duration
from relay.core.alerts.kinds import AlertKind, Severity
from relay.core.alerts.rate import RateWindow, update_rate_window
from relay.core.alerts.thresholds import Rate, Thresholds
from tests.core.alerting.alert_world import NOW, after, facts, grew

HELD = HeldDestination("acme", "invalid_credentials", after(-30), 3)


def found(told: dict[str, Any], **thresholds: Any) -> list[tuple[AlertKind, str, bool]]:
    looked = find_conditions(facts(**told), Thresholds(**thresholds), interval=60.0)
    return [(one.kind, one.subject, one.opens) for one in looked]


@pytest.mark.parametrize(
    ("told", "thresholds", "expected"),
    [
        ({"held": [HELD]}, {}, [(AlertKind.ON_HOLD, "acme", True)]),
        ({"held": [HELD]}, {"on_hold": 30.0}, [(AlertKind.ON_HOLD, "acme", True)]),
        ({"held": [HELD]}, {"on_hold": 31.0}, []),
        ({"dead": grew(0, 1)}, {}, [(AlertKind.DEAD_LETTERS, "acme", True)]),
        ({"dead": grew(7, 7)}, {}, []),
        ({"dead": grew(7)}, {}, []),
        ({"dead": grew(0, 4)}, {"dead_letters": Rate(5, 900.0)}, [(AlertKind.DEAD_LETTERS, "acme", False)]),
        ({"dead": grew(0, 4, 5)}, {"dead_letters": Rate(5, 900.0)}, [(AlertKind.DEAD_LETTERS, "acme", True)]),
        ({"unproved": grew(0, 20)}, {}, [(AlertKind.FAILED_VERIFICATION, "acme", True)]),
        ({"unproved": grew(0, 19)}, {}, [(AlertKind.FAILED_VERIFICATION, "acme", False)]),
        ({"spent": {"acme": (900, 1000)}}, {}, [(AlertKind.DAY_BUDGET, "acme", True)]),
        ({"spent": {"acme": (899, 1000)}}, {}, [(AlertKind.DAY_BUDGET, "acme", False)]),
        ({"spent": {"acme": (800, 1000)}}, {}, []),
        ({"waiting": {"acme": after(-300)}}, {}, [(AlertKind.OLDEST_EVENT, "acme", True)]),
        ({"waiting": {"acme": after(-290)}}, {}, [(AlertKind.OLDEST_EVENT, "acme", False)]),
        ({"waiting": {"acme": after(-200)}}, {}, []),
        ({"last_look": after(-180)}, {}, [(AlertKind.NO_WORKER, "main", True)]),
        ({"last_look": after(-179)}, {}, []),
        ({"last_look": None}, {}, []),
        ({"relaxed": ["appendonly is off."]}, {}, [(AlertKind.RELAXED_DURABILITY, "main", True)]),
        ({"used_share": 0.75}, {}, [(AlertKind.STORE_FULL, "main", True)]),
        ({"used_share": 0.72}, {}, [(AlertKind.STORE_FULL, "main", False)]),
        ({"used_share": 0.5}, {}, []),
        (
            {"down": {"https://api.gong.io": after(-60)}},
            {},
            [(AlertKind.GONG_DOWN, "https://api.gong.io", True)],
        ),
        ({"down": {"https://api.gong.io": after(-59)}}, {}, []),
    ],
)
def test_an_alert_opens_at_its_threshold_and_stays_a_little_below_it(
    told: dict[str, Any], thresholds: dict[str, Any], expected: list[tuple[AlertKind, str, bool]]
):
    assert found(told, **thresholds) == expected


def test_what_is_turned_off_is_never_found():
    told = {
        "held": [HELD],
        "dead": grew(0, 9),
        "unproved": grew(0, 99),
        "spent": {"acme": (1, 1)},
        "waiting": {"acme": after(-9000)},
        "last_look": after(-9000),
        "relaxed": ["appendonly is off."],
        "used_share": 1.0,
        "down": {"https://api.gong.io": after(-9000)},
    }
    off: dict[str, Any] = dict.fromkeys(map(str, AlertKind))

    assert {kind for kind, _, _ in found(told)} == set(AlertKind)
    assert found(told, **off) == []


def test_a_pause_is_told_but_wakes_nobody():
    (one,) = find_conditions(
        facts(held=[HeldDestination("acme", "paused", NOW, 0)]), Thresholds(), interval=60.0
    )

    assert one.severity is Severity.NOTICE
    assert one.remedy == "Paused by an operator. Resume it when ready."


def test_a_hold_of_a_cause_that_is_not_known_here_is_told_all_the_same():
    (one,) = find_conditions(
        facts(held=[HeldDestination("acme", "struck_by_lightning", NOW, 1)]), Thresholds(), interval=60.0
    )

    assert one.text == "acme takes no calls since 2026-11-21 10:00 UTC (struck_by_lightning); 1 event waits."
    assert one.remedy.startswith("Its events wait; none is lost.")


def test_a_finding_says_what_is_the_case_in_plain_words():
    looked = find_conditions(
        facts(held=[HELD], dead=grew(0, 2), last_snapshot_at=after(-720), used_share=0.821),
        Thresholds(),
        interval=60.0,
    )

    assert [one.text for one in looked] == [
        "acme takes no calls since 2026-11-21 09:59 UTC (invalid_credentials); 3 events wait.",
        "acme: 2 events became dead letters within 15 minutes.",
        "No worker was at work in store main from 2026-11-21 09:48 UTC to 2026-11-21 10:00 UTC.",
        "Store main is 82% full.",
    ]


def test_growth_is_forgotten_when_its_time_has_passed():
    growth = grew(0, 3)

    assert growth.recent_count("acme") == 3
    assert update_rate_window(growth, {"acme": 3}, seconds=900.0, now=after(900)).recent_count("acme") == 3
    assert update_rate_window(growth, {"acme": 3}, seconds=900.0, now=after(1021)).recent_count("acme") == 0


def test_a_counter_that_begins_anew_counts_from_there():
    assert grew(100, 2).recent_count("acme") == 2


def test_a_name_that_was_not_there_before_counts_whole():
    before = update_rate_window(RateWindow(), {"globex": 1}, seconds=900.0, now=NOW)

    assert update_rate_window(before, {"globex": 1, "acme": 4}, seconds=900.0, now=NOW).slots.keys() == {
        "acme"
    }


def test_what_is_remembered_of_a_counter_stays_small():
    growth = grew(*range(0, 5000, 5), interval=1.0)

    assert len(growth.slots["acme"]) <= 17
    assert growth.recent_count("acme") == pytest.approx(4500, rel=0.1)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (90, "90 seconds"),
        (900, "15 minutes"),
        (3600, "1 hour"),
        (86_400, "1 day"),
        (200_000, "2 days"),
    ],
)
def test_a_length_of_time_is_told_in_the_unit_that_people_would_choose(seconds: float, words: str):
    assert format_duration(seconds) == words
