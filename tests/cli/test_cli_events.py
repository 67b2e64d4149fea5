"""`events`, `event` and `dead`: their output and exit statuses."""

import orjson
import pytest

from relay.core.lifecycle import REASONS, DeadLetterReason, HoldCause, State
from relay.store.delivery import Retry, Settlement, dead_letter, end_event, hold_event, retry_later
from tests.cli.conftest import Queue, Run, Settle, row_of

_RECORD = {
    "number": 1,
    "started_at": "2026-11-21T10:00:00.120Z",
    "seconds": 0.25,
    "outcome": "rejected",
    "status": 400,
}


REJECTED = dead_letter(
    DeadLetterReason.REJECTED,
    "content.title: must not be empty",
    record=orjson.dumps(_RECORD | {"errors": ["content.title: must not be empty"]}),
    keep_seconds=600,
)


def test_events_are_listed_newest_first(run: Run, queue: Queue):
    first, second = queue("ev-1"), queue("ev-2")

    page = run("events", "--json").document

    assert [row["id"] for row in page["events"]] == [second, first]
    assert page["cursor"] is None


@pytest.mark.parametrize("columns", [80, 120])
def test_an_id_is_printed_in_full_at_any_width(run: Run, settle: Settle, columns: int):
    event_id = settle(REJECTED)

    for command in (["events"], ["dead", "--events"], ["event", event_id]):
        out = run(*command, columns=columns).out
        assert event_id in out
        assert max(map(len, out.splitlines())) <= columns


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], {"web:ev-1", "web:ev-2"}),
        (["--destination", "globex"], {"web:ev-2"}),
        (["--source", "web"], {"web:ev-1", "web:ev-2"}),
        (["--source", "shop"], set()),
        (["--status", "queued"], {"web:ev-1", "web:ev-2"}),
        (["--status", "dead"], set()),
        (["--event-id", "web:ev-1"], {"web:ev-1"}),
        (["--request-id", "r-1"], set()),
        (["--since", "2026-11-21T09:00:00Z"], {"web:ev-1", "web:ev-2"}),
        (["--until", "2026-11-21T09:00:00Z"], set()),
        (["--reason", "rejected"], set()),
        (["--cluster", "f1"], set()),
    ],
)
def test_filters_select_the_listed_events(run: Run, queue: Queue, filters: list[str], expected: set[str]):
    queue("ev-1")
    queue("ev-2", destination="globex", company="globex")

    page = run("events", "--json", *filters).document

    assert {row["event_id"] for row in page["events"]} == expected


def test_a_cursor_shows_the_next_page(run: Run, queue: Queue):
    ids = [queue(f"ev-{number}") for number in range(3)]

    first = run("events", "--json", "--limit", "2").document
    second = run("events", "--json", "--limit", "2", "--cursor", first["cursor"]).document

    assert [row["id"] for page in (first, second) for row in page["events"]] == ids[::-1]
    assert f"--cursor {first['cursor']}" in run("events", "--limit", "2").out


@pytest.mark.parametrize(
    "arguments", [["--status", "lost"], ["--cursor", "not-one"], ["--limit", "0"], ["--limit", "501"]]
)
def test_an_invalid_filter_is_a_usage_error(run: Run, arguments: list[str]):
    assert run("events", *arguments).code == 2


def test_dead_letters_are_listed_with_their_reason_and_remedy(run: Run, settle: Settle):
    event_id = settle(REJECTED)

    out = run("dead", "--events", columns=120).out

    assert row_of(out, event_id)[3:5] == ["acme", "rejected"]
    assert "content.title: must not be empty" in out
    assert REASONS[DeadLetterReason.REJECTED].text in out
    assert "gong-relay replay" in out


def test_dead_lists_only_dead_letters(run: Run, settle: Settle, queue: Queue):
    event_id = settle(REJECTED)
    queue("ev-2")

    assert [row["id"] for row in run("dead", "--events", "--json").document["events"]] == [event_id]


def test_dead_reports_that_there_are_no_dead_letters(run: Run):
    assert run("dead").out == "There are no dead letters.\n"


@pytest.mark.parametrize(
    ("settlement", "words"),
    [
        (
            REJECTED,
            [
                "rejected",
                "400",
                "content.title: must not be empty",
                REASONS[DeadLetterReason.REJECTED].remedy,
            ],
        ),
        (
            end_event(State.DELIVERED, "r-77", record=b"", keep_seconds=600),
            ["delivered", "r-77", "The event is in Gong"],
        ),
        (retry_later(Retry(seconds=3600.0), record=b""), ["retrying", "The relay tries again at"]),
        (hold_event(HoldCause.FORBIDDEN, "no", record=b"", probe_seconds=60), ["on_hold", "is on hold"]),
    ],
    ids=["dead", "delivered", "retrying", "on_hold"],
)
def test_an_event_is_explained_as_text(run: Run, settle: Settle, settlement: Settlement, words: list[str]):
    out = run("event", settle(settlement), columns=200).out

    assert [word for word in words if word not in out] == []
    assert "web → acme" in out
    assert "POST /v2/digital-interaction" in out
    assert '"eventId": "web:ev-1"' in out


def test_an_event_as_json_is_the_page_of_the_api(run: Run, queue: Queue):
    event_id = queue()

    page = run("event", event_id, "--json").document

    assert page["id"] == event_id
    assert page["call"]["body"] == {"eventId": "web:ev-1"}


def test_a_filtered_event_is_shown_without_a_call(run: Run, queue: Queue):
    out = run("event", queue(filtered=True)).out

    assert "filtered" in out
    assert "POST" not in out


def test_text_from_outside_cannot_control_the_terminal(run: Run, settle: Settle):
    hostile = "\x1b]0;owned\x07 [bold]x[/bold] \u202e"
    event_id = settle(dead_letter(DeadLetterReason.REJECTED, hostile, record=b"", keep_seconds=600))

    for output in (run("dead", "--events", columns=200).out, run("event", event_id, columns=200).out):
        assert r"\x1b]0;owned\x07 [bold]x[/bold] \u202e" in output
        assert not {"\x1b", "\x07", "\u202e"} & set(output)


def test_an_unknown_event_exits_with_1(run: Run):
    result = run("event", "01K9XHZ3T5M7Q2V8B4N6C0D1EF")

    assert (result.code, result.out) == (1, "")
    assert "There is no event 01K9XHZ3T5M7Q2V8B4N6C0D1EF" in result.err


@pytest.mark.parametrize(
    "arguments", [["status"], ["events"], ["dead"], ["event", "x"], ["status", "--json"]]
)
def test_an_unavailable_store_exits_with_3_and_a_remedy(run: Run, arguments: list[str]):
    result = run(*arguments, RELAY_REDIS_URL="unix:///nowhere/s")

    assert (result.code, result.out) == (3, "")
    assert "The store cannot be reached." in result.err
    assert "gong-relay up" in result.err


def test_events_are_listed_although_the_configuration_is_invalid(run: Run, queue: Queue):
    event_id = queue()

    assert event_id in run("events", RELAY_CONFIG="/nowhere.yaml").out
