"""Filters of the event list: times, reasons and clusters, and errors in filters."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from relay.core.errors import ValidationFailed
from relay.core.lifecycle import DeadLetterReason, State
from relay.queries.filters import FILTER_NAMES, read_filter
from relay.store.events import EventFilter

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "timestamp"),
    [
        ("2026-11-20T10:00:00Z", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("2026-11-20T12:00:00+02:00", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("-90s", NOW - timedelta(seconds=90)),
        ("-30m", NOW - timedelta(minutes=30)),
        ("-2h", NOW - timedelta(hours=2)),
        ("-7d", NOW - timedelta(days=7)),
    ],
)
def test_a_time_is_absolute_or_relative_to_now(text: str, timestamp: datetime):
    assert read_filter({"since": text}, now=NOW) == EventFilter(since=timestamp)


def test_every_filter_is_read():
    params = {
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

    assert set(params) <= FILTER_NAMES
    assert read_filter(params, now=NOW) == EventFilter(
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


def test_an_empty_filter_matches_everything():
    assert read_filter({"status": "", "since": "", "destination": ""}, now=NOW) == EventFilter()


@pytest.mark.parametrize(
    ("params", "code"),
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
def test_an_invalid_filter_is_rejected(params: dict[str, str], code: str):
    with pytest.raises(ValidationFailed) as raised:
        read_filter(params, now=NOW)

    assert [problem.code for problem in raised.value.problems] == [code]


def test_all_problems_of_a_filter_are_reported_together():
    with pytest.raises(ValidationFailed) as raised:
        read_filter({"status": "lost", "since": "soon"}, now=NOW)

    assert [problem.path for problem in raised.value.problems] == ["status", "since"]


def test_dead_letters_are_filtered_by_reason_and_cluster(client: FlaskClient, operator: dict[str, str], kill):
    ids = kill(2)

    rejected = client.get("/v1/events?reason=rejected&since=-1h", headers=operator).get_json()["events"]
    others = client.get("/v1/events?reason=worker_crashed", headers=operator).get_json()["events"]
    cluster = client.get(f"/v1/events?cluster={rejected[0]['cluster']}", headers=operator).get_json()[
        "events"
    ]

    assert ([event["id"] for event in rejected], others) == (ids[::-1], [])
    assert cluster == rejected


def test_the_api_names_the_parameter_with_an_invalid_time(client: FlaskClient, operator: dict[str, str]):
    response = client.get("/v1/events?since=soon", headers=operator)

    assert response.status_code == 422
    assert [error["path"] for error in response.get_json()["errors"]] == ["since"]
