"""`send` stores events from a file as the endpoint does, and prints a result for each."""

import json
from pathlib import Path

import pytest
from redis import Redis

from relay.store.engine import keys
from tests.cli.conftest import Make, Run


def count_stored(redis: Redis) -> int:
    return int(redis.zcard(keys.EVENTS))


def lines(*events: object) -> str:
    return "".join(json.dumps(event) + "\n" for event in events)


def test_an_event_from_standard_input_is_queued(run: Run, page_view: Make, redis: Redis):
    result = run("send", "-", "--source", "web", sent=json.dumps(page_view()))

    assert result.code == 0
    assert "queued 1, duplicates 0, filtered 0, rejected 0" in result.out
    assert redis.llen("rq:queue:gong:acme:web:low") == 1


@pytest.mark.parametrize(
    ("name", "options"), [("events.ndjson", []), ("events.jsonl", []), ("events.txt", ["--ndjson"])]
)
def test_a_file_can_have_one_event_per_line(
    run: Run, page_view: Make, tmp_path: Path, name: str, options: list[str]
):
    file = tmp_path / name
    file.write_text(lines(page_view("1"), page_view("2")))

    document = run("send", str(file), "--source", "web", "--json", *options).document

    assert [result["event_id"] for result in document["results"]] == ["web:1", "web:2"]


def test_a_long_file_is_sent_in_batches(run: Run, page_view: Make, redis: Redis):
    sent = lines(*(page_view(str(number)) for number in range(7)), {"id": "7"})

    result = run("send", "-", "--source", "web", "--ndjson", "--json", sent=sent, RELAY_MAX_ITEMS="3")

    assert result.code == 1
    assert [result["index"] for result in result.document["results"]] == [*range(8)]
    assert (result.document["queued"], result.document["rejected"], count_stored(redis)) == (7, 1, 7)


def test_events_of_a_file_sent_twice_are_duplicates(run: Run, page_view: Make, redis: Redis):
    line = ("send", "-", "--source", "web")
    run(*line, sent=json.dumps(page_view()))

    again = run(*line, "--json", sent=json.dumps(page_view()))

    assert (again.code, again.document["duplicates"], count_stored(redis)) == (0, 1, 1)


def test_a_rejected_event_is_shown_with_every_error_and_exits_with_1(run: Run, page_view: Make):
    result = run("send", "-", "--source", "web", sent=json.dumps([page_view(), {"id": "2"}]), columns=120)

    assert result.code == 1
    assert "content: is required" in result.out
    assert "type: is required" in result.out
    assert "queued 1, duplicates 0, filtered 0, rejected 1" in result.out


def test_rejected_events_keep_their_numbers(run: Run, redis: Redis):
    result = run("send", "-", "--source", "web", "--json", sent='[{"id": "1"}, {"id": "2"}]')

    assert (result.code, count_stored(redis)) == (1, 0)
    assert [result["index"] for result in result.document["results"]] == [0, 1]
    assert {error["path"] for error in result.document["results"][1]["errors"]} >= {"content", "type"}


def test_a_filtered_event_is_shown_with_the_reason(run: Run, page_view: Make):
    own = page_view(person={"email": "joe@acme.example"})

    document = run("send", "-", "--source", "web", "--json", sent=json.dumps(own)).document

    assert document["filtered"] == 1
    assert document["results"][0]["detail"]


def test_an_event_that_becomes_several_calls_has_a_result_for_each(run: Run, page_view: Make):
    recipients = [{"email": f"{name}@globex.example"} for name in ("jane", "joe")]
    share = page_view(type="content_share", share={"recipients": recipients}, person=None)

    document = run("send", "-", "--source", "web", "--json", sent=json.dumps(share)).document

    assert [result["index"] for result in document["results"]] == [0, 0]
    assert len({result["id"] for result in document["results"]}) == 2


def test_a_dry_run_shows_the_call_and_stores_nothing(run: Run, page_view: Make, redis: Redis):
    result = run("send", "-", "--source", "web", "--dry-run", sent=json.dumps(page_view()))

    assert (result.code, redis.dbsize()) == (0, 0)
    assert "POST /v2/digital-interaction" in result.out
    assert '"contentTitle": "Pricing"' in result.out
    assert "Nothing was sent: ready 1" in result.out


def test_a_dry_run_of_several_events_is_one_document(run: Run, page_view: Make, redis: Redis):
    sent = lines(page_view("1"), {"id": "2"})

    result = run("send", "-", "--source", "web", "--dry-run", "--ndjson", "--json", sent=sent)

    document = result.document
    assert (result.code, redis.dbsize()) == (1, 0)
    assert (document["dry_run"], document["ready"], document["rejected"]) == (True, 1, 1)
    assert [result["status"] for result in document["results"]] == ["ready", "rejected"]


@pytest.mark.parametrize(
    ("sent", "options", "words"),
    [
        ("{bad", [], "send it with --ndjson"),
        ("", [], "empty"),
        ("\n \n", ["--ndjson"], "The file contains no events."),
        ("[" + " " * 2000 + "]", [], "send it with --ndjson"),
        ("[{}, {}, {}]", [], "the maximum per request is 2. A file with one event per line"),
    ],
    ids=["not JSON", "empty", "no lines", "too large", "too many"],
)
def test_an_unreadable_file_is_reported_with_the_remedy(run: Run, sent: str, options: list[str], words: str):
    result = run(
        "send", "-", "--source", "web", *options, sent=sent, RELAY_MAX_BODY_BYTES="1024", RELAY_MAX_ITEMS="2"
    )

    assert (result.code, result.out) == (1, "")
    assert words in result.err


def test_an_unknown_source_gets_a_suggestion(run: Run):
    assert "no source 'wbe'; did you mean 'web'?" in run("send", "-", "--source", "wbe", sent="{}").err


def test_a_missing_file_is_a_usage_error(run: Run):
    assert run("send", "/nowhere.json", "--source", "web").code == 2


def test_an_unavailable_store_accepts_nothing_and_exits_with_3(run: Run, page_view: Make):
    result = run(
        "send",
        "-",
        "--source",
        "web",
        "--ndjson",
        sent=lines(page_view()),
        RELAY_REDIS_URL="unix:///nowhere/s",
    )

    assert (result.code, result.out) == (3, "")
    assert "0 lines were sent before that. Send the whole file again" in result.err
