"""Conditions that need an alert: their thresholds and their texts."""

from typing import Any

import pytest

from relay.core.alerts.conditions import HeldDestination, find_conditions, format_duration
from relay.core.alerts.kinds import AlertKind, Severity
from relay.core.alerts.rate import RateWindow, update_rate_window
from relay.core.alerts.thresholds import Rate, Thresholds
from tests.core.alerts.alert_world import NOW, after, snapshot, window

HELD = HeldDestination("acme", "invalid_credentials", after(-30), 3)


def find(fields: dict[str, Any], **thresholds: Any) -> list[tuple[AlertKind, str, bool]]:
    conditions = find_conditions(snapshot(**fields), Thresholds(**thresholds), interval=60.0)
    return [(condition.kind, condition.subject, condition.opens) for condition in conditions]


@pytest.mark.parametrize(
    ("fields", "thresholds", "expected"),
    [
        ({"held": [HELD]}, {}, [(AlertKind.ON_HOLD, "acme", True)]),
        ({"held": [HELD]}, {"on_hold": 30.0}, [(AlertKind.ON_HOLD, "acme", True)]),
        ({"held": [HELD]}, {"on_hold": 31.0}, []),
        ({"dead": window(0, 1)}, {}, [(AlertKind.DEAD_LETTERS, "acme", True)]),
        ({"dead": window(7, 7)}, {}, []),
        ({"dead": window(7)}, {}, []),
        ({"dead": window(0, 4)}, {"dead_letters": Rate(5, 900.0)}, [(AlertKind.DEAD_LETTERS, "acme", False)]),
        (
            {"dead": window(0, 4, 5)},
            {"dead_letters": Rate(5, 900.0)},
            [(AlertKind.DEAD_LETTERS, "acme", True)],
        ),
        ({"failed_verifications": window(0, 20)}, {}, [(AlertKind.FAILED_VERIFICATION, "acme", True)]),
        ({"failed_verifications": window(0, 19)}, {}, [(AlertKind.FAILED_VERIFICATION, "acme", False)]),
        ({"spent": {"acme": (900, 1000)}}, {}, [(AlertKind.DAILY_BUDGET, "acme", True)]),
        ({"spent": {"acme": (899, 1000)}}, {}, [(AlertKind.DAILY_BUDGET, "acme", False)]),
        ({"spent": {"acme": (800, 1000)}}, {}, []),
        ({"waiting": {"acme": after(-300)}}, {}, [(AlertKind.OLDEST_EVENT, "acme", True)]),
        ({"waiting": {"acme": after(-290)}}, {}, [(AlertKind.OLDEST_EVENT, "acme", False)]),
        ({"waiting": {"acme": after(-200)}}, {}, []),
        ({"last_snapshot_at": after(-180)}, {}, [(AlertKind.NO_WORKER, "main", True)]),
        ({"last_snapshot_at": after(-179)}, {}, []),
        ({"last_snapshot_at": None}, {}, []),
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
        ({"clock_offset": 2.0}, {}, [(AlertKind.WRONG_CLOCK, "main", True)]),
        ({"clock_offset": -3600.0}, {}, [(AlertKind.WRONG_CLOCK, "main", True)]),
        ({"clock_offset": 1.9, "worker_clocks": {"w": -1.9}}, {}, []),
        ({"worker_clocks": {"w": -2.5}}, {}, [(AlertKind.WRONG_CLOCK, "main", True)]),
        ({"worker_clocks": {"w": -2.5}}, {"wrong_clock": 60.0}, []),
    ],
)
def test_an_alert_opens_at_its_threshold_and_stays_a_little_below_it(
    fields: dict[str, Any], thresholds: dict[str, Any], expected: list[tuple[AlertKind, str, bool]]
):
    assert find(fields, **thresholds) == expected


def test_a_kind_that_is_turned_off_is_never_found():
    fields = {
        "held": [HELD],
        "dead": window(0, 9),
        "failed_verifications": window(0, 99),
        "spent": {"acme": (1, 1)},
        "waiting": {"acme": after(-9000)},
        "last_snapshot_at": after(-9000),
        "relaxed": ["appendonly is off."],
        "used_share": 1.0,
        "down": {"https://api.gong.io": after(-9000)},
        "clock_offset": 9000.0,
    }
    off: dict[str, Any] = dict.fromkeys(map(str, AlertKind))

    assert {kind for kind, _, _ in find(fields)} == set(AlertKind)
    assert find(fields, **off) == []


def test_a_pause_is_reported_with_severity_notice():
    (condition,) = find_conditions(
        snapshot(held=[HeldDestination("acme", "paused", NOW, 0)]), Thresholds(), interval=60.0
    )

    assert condition.severity is Severity.NOTICE
    assert condition.remedy == "An operator paused it. Resume it when you are ready."


def test_a_hold_with_an_unknown_cause_is_reported():
    (condition,) = find_conditions(
        snapshot(held=[HeldDestination("acme", "struck_by_lightning", NOW, 1)]), Thresholds(), interval=60.0
    )

    assert (
        condition.text
        == "acme has been on hold since 2026-11-21 10:00 UTC (struck_by_lightning); 1 event waits."
    )
    assert condition.remedy.startswith("Its events wait, and none is lost.")


def test_a_condition_has_a_plain_sentence():
    conditions = find_conditions(
        snapshot(held=[HELD], dead=window(0, 2), last_snapshot_at=after(-720), used_share=0.821),
        Thresholds(),
        interval=60.0,
    )

    assert [condition.text for condition in conditions] == [
        "acme has been on hold since 2026-11-21 09:59 UTC (invalid_credentials); 3 events wait.",
        "acme: 2 events became dead letters within 15 minutes.",
        "No worker was running for store main from 2026-11-21 09:48 UTC to 2026-11-21 10:00 UTC.",
        "Store main is 82% full.",
    ]


def test_counts_drop_out_of_the_window():
    counts = window(0, 3)

    assert counts.recent_count("acme") == 3
    assert update_rate_window(counts, {"acme": 3}, seconds=900.0, now=after(900)).recent_count("acme") == 3
    assert update_rate_window(counts, {"acme": 3}, seconds=900.0, now=after(1021)).recent_count("acme") == 0


def test_a_counter_that_was_reset_counts_from_zero():
    assert window(100, 2).recent_count("acme") == 2


def test_a_new_name_counts_with_its_whole_total():
    before = update_rate_window(RateWindow(), {"globex": 1}, seconds=900.0, now=NOW)

    assert update_rate_window(before, {"globex": 1, "acme": 4}, seconds=900.0, now=NOW).slots.keys() == {
        "acme"
    }


def test_a_window_stays_small():
    counts = window(*range(0, 5000, 5), every=1.0)

    assert len(counts.slots["acme"]) <= 17
    assert counts.recent_count("acme") == pytest.approx(4500, rel=0.1)


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
def test_a_duration_is_formatted_in_the_unit_that_people_would_choose(seconds: float, words: str):
    assert format_duration(seconds) == words


def test_the_text_about_wrong_clocks_names_the_workers_and_which_way_each_is_wrong():
    workers = {"a": 90_000.0, "b": -60.0, "c": 3.0, "d": 4.0, "e": 5.0}
    fields = {"clock_offset": 3600.0, "clock_set_at": after(-60), "worker_clocks": workers}
    [condition] = find_conditions(snapshot(**fields), Thresholds(), interval=60.0)

    assert condition.since == after(-60)
    assert condition.text == (
        "The clock of store main's server was set: it is 1 hour behind the time that the relay goes by. Clocks of workers "
        "differ from that of store main's server: a is 25 hours ahead, b is 1 minute behind, c is 3 seconds ahead, and 2 "
        "more differ."
    )
