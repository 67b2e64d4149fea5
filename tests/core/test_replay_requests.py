"""Replay requests: what is accepted, and the problems of what is not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from relay.core.errors import PROBLEMS_MAX, ValidationFailed
from relay.core.ids import generate_ids
from relay.core.lifecycle import DeadLetterReason, State
from relay.core.replay import IDS_MAX, Replay, ReplayFilter, matches_filter, parse_replay_request

ID = generate_ids(datetime(2026, 11, 21, tzinfo=UTC), bytes(9), 1)[0]


def find_problems(document: Any) -> dict[str, str]:
    """The code of each problem, by its path."""
    with pytest.raises(ValidationFailed) as caught:
        parse_replay_request(document)
    return {problem.path: problem.code for problem in caught.value.problems}


def test_an_empty_request_means_every_dead_letter_with_its_stored_body():
    assert parse_replay_request({}).replay == Replay(ReplayFilter(status=State.DEAD), None, None)


def test_every_key_is_parsed():
    document = {
        "filter": {
            "since": "2026-11-20T10:00:00Z",
            "until": "2026-11-20T12:00:00+01:00",
            "source": "web",
            "destination": "acme",
            "reason": "rejected",
            "cluster": "3f9ac01d77be",
            "ids": [ID],
        },
        "remap": False,
        "limit": 7,
        "dry_run": True,
    }

    request = parse_replay_request(document)

    assert request.dry_run
    assert (request.replay.remap, request.replay.limit) == (False, 7)
    assert request.replay.filter.until == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert request.replay.filter.reason is DeadLetterReason.REJECTED


def test_a_filter_renders_as_it_was_requested():
    fields = {"since": "2026-11-20T10:00:00.250000Z", "source": "web", "status": "dead", "ids": [ID]}

    assert parse_replay_request({"filter": fields}).replay.filter.as_dict() == fields


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], {"": "type"}),
        ({"filters": {}}, {"filters": "unknown"}),
        ({"filter": []}, {"filter": "type"}),
        ({"filter": {"sauce": "web"}}, {"filter.sauce": "unknown"}),
        ({"filter": {"since": "yesterday"}}, {"filter.since": "format"}),
        ({"filter": {"since": 5}}, {"filter.since": "type"}),
        ({"filter": {"status": "delivered"}}, {"filter.status": "enum"}),
        ({"filter": {"reason": "bored"}}, {"filter.reason": "enum"}),
        ({"filter": {"source": ""}}, {"filter.source": "type"}),
        (
            {"filter": dict.fromkeys(("source", "destination", "cluster"), "a" * 201)},
            dict.fromkeys(("filter.source", "filter.destination", "filter.cluster"), "length"),
        ),
        ({"filter": {"ids": []}}, {"filter.ids": "type"}),
        ({"filter": {"ids": ["nope"]}}, {"filter.ids": "type"}),
        ({"filter": {"ids": [ID] * (IDS_MAX + 1)}}, {"filter.ids": "length"}),
        ({"remap": "yes", "limit": 0, "dry_run": 1}, {"remap": "type", "limit": "range", "dry_run": "type"}),
        ({"filter": {"status": "filtered"}}, {"remap": "rule"}),
        ({"filter": {"status": "discarded", "reason": "rejected"}}, {"filter.status": "rule"}),
        (
            {"filter": {"since": "2026-11-20T10:00:00Z", "until": "2026-11-20T10:00:00Z"}},
            {"filter.until": "rule"},
        ),
    ],
)
def test_every_problem_is_reported_with_its_path(document: Any, expected: dict[str, str]):
    assert find_problems(document) == expected


def test_an_unknown_key_suggests_the_most_similar_one():
    with pytest.raises(ValidationFailed) as caught:
        parse_replay_request({"filter": {"sourc": "web"}})

    assert "did you mean 'source'?" in caught.value.problems[0].message


EVENT = {"state": "dead", "source": "web", "destination": "acme", "reason": "rejected", "cluster": "c"}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ReplayFilter(), True),
        (ReplayFilter(source="web", destination="acme", reason=DeadLetterReason.REJECTED, cluster="c"), True),
        (ReplayFilter(status=State.DISCARDED), False),
        (ReplayFilter(source="shop"), False),
        (ReplayFilter(destination="globex"), False),
        (ReplayFilter(reason=DeadLetterReason.WORKER_CRASHED), False),
        (ReplayFilter(cluster="d"), False),
    ],
)
def test_an_event_matches_if_every_field_of_the_filter_does(wanted: ReplayFilter, *, expected: bool):
    assert matches_filter(EVENT, wanted) is expected


def test_only_the_first_unknown_keys_are_reported():
    """A suggestion for each of 100,000 keys took ten seconds."""
    problems = find_problems({f"remap{number}": 1 for number in range(20_000)})

    assert len(problems) == PROBLEMS_MAX
    assert set(problems.values()) == {"unknown"}
