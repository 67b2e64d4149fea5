"""The list of events is narrowed by moments, reasons and faults, and says what is wrong with a filter."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from relay.core.errors import ValidationFailed
from relay.core.lifecycle import DeadLetterReason, State
from relay.queries.filters import FILTER_NAMES, read_filter
from relay.store.events import EventFilter

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T10:00:00Z", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("2026-11-20T12:00:00+02:00", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("-90s", NOW - timedelta(seconds=90)),
        ("-30m", NOW - timedelta(minutes=30)),
        ("-2h", NOW - timedelta(hours=2)),
        ("-7d", NOW - timedelta(days=7)),
    ],
)
def test_a_moment_is_told_by_the_calendar_or_by_how_long_ago_it_was(text: str, moment: datetime):
    assert read_filter({"since": text}, now=NOW) == EventFilter(since=moment)


def test_every_filter_is_read():
    told = {
        "destination": "acme",
        "source": "web",
        "status": "dead",
        "reason": "rejected",
        "cluster": "f1",
        "event_id": "web:1",
        "request_id": "r1",
        "since": "-2h",
        "until": "-1h",
    }

    assert set(told) <= FILTER_NAMES
    assert read_filter(told, now=NOW) == EventFilter(
        destination="acme",
        source="web",
        status=State.DEAD,
        reason=DeadLetterReason.REJECTED,
        cluster="f1",
        event_id="web:1",
        request_id="r1",
        since=NOW - timedelta(hours=2),
        until=NOW - timedelta(hours=1),
    )


def test_a_filter_that_is_left_empty_asks_for_anything():
    assert read_filter({"status": "", "since": "", "destination": ""}, now=NOW) == EventFilter()


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"status": "lost"}, "enum"),
        ({"reason": "bad luck"}, "enum"),
        ({"since": "yesterday"}, "format"),
        ({"until": "-2"}, "format"),
        ({"since": "-999999999d"}, "format"),
        ({"since": "-99999d"}, "format"),
        ({"since": "-1h", "until": "-2h"}, "rule"),
    ],
)
def test_what_is_wrong_with_a_filter_is_said(told: dict[str, str], code: str):
    with pytest.raises(ValidationFailed) as raised:
        read_filter(told, now=NOW)

    assert [problem.code for problem in raised.value.problems] == [code]


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(ValidationFailed) as raised:
        read_filter({"status": "lost", "since": "soon"}, now=NOW)

    assert [problem.path for problem in raised.value.problems] == ["status", "since"]


def test_dead_letters_are_listed_by_their_reason(client: FlaskClient, operator: dict[str, str], kill):
    ids = kill(2)

    found = client.get("/v1/events?reason=rejected&since=-1h", headers=operator).get_json()["events"]
    others = client.get("/v1/events?reason=worker_crashed", headers=operator).get_json()["events"]
    cluster = client.get(f"/v1/events?cluster={found[0]['cluster']}", headers=operator).get_json()["events"]

    assert ([event["id"] for event in found], others) == (ids[::-1], [])
    assert cluster == found


def test_the_api_names_a_wrong_moment(client: FlaskClient, operator: dict[str, str]):
    answered = client.get("/v1/events?since=soon", headers=operator)

    assert answered.status_code == 422
    assert [error["path"] for error in answered.get_json()["errors"]] == ["since"]
