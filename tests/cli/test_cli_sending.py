"""`send`: events from a file into the store, as through the HTTP endpoint, and what is said of each."""

import json
from pathlib import Path

import pytest
from redis import Redis

from relay.store.engine import keys
from tests.cli.conftest import Make, Run


def kept(redis: Redis) -> int:
    return int(redis.zcard(keys.EVENTS))


def lines(*events: object) -> str:
    return "".join(json.dumps(event) + "\n" for event in events)


def test_one_event_of_standard_input_is_queued(run: Run, page_view: Make, redis: Redis):
    ended = run("send", "-", "--source", "web", sent=json.dumps(page_view()))

    assert ended.code == 0
    assert "queued 1, duplicates 0, filtered 0, rejected 0" in ended.out
    assert redis.llen("rq:queue:gong:acme:web:low") == 1


@pytest.mark.parametrize(
    ("name", "options"), [("events.ndjson", []), ("events.jsonl", []), ("events.txt", ["--ndjson"])]
)
def test_a_file_may_hold_one_event_a_line(
    run: Run, page_view: Make, tmp_path: Path, name: str, options: list[str]
):
    file = tmp_path / name
    file.write_text(lines(page_view("1"), page_view("2")))

    document = run("send", str(file), "--source", "web", "--json", *options).document

    assert [result["event_id"] for result in document["results"]] == ["web:1", "web:2"]


def test_a_file_of_any_length_is_sent_a_fill_at_a_time(run: Run, page_view: Make, redis: Redis):
    sent = lines(*(page_view(str(number)) for number in range(7)), {"id": "7"})

    ended = run("send", "-", "--source", "web", "--ndjson", "--json", sent=sent, RELAY_MAX_ITEMS="3")

    assert ended.code == 1
    assert [result["index"] for result in ended.document["results"]] == [*range(8)]
    assert (ended.document["queued"], ended.document["rejected"], kept(redis)) == (7, 1, 7)


def test_a_file_sent_twice_counts_once(run: Run, page_view: Make, redis: Redis):
    line = ("send", "-", "--source", "web")
    run(*line, sent=json.dumps(page_view()))

    again = run(*line, "--json", sent=json.dumps(page_view()))

    assert (again.code, again.document["duplicates"], kept(redis)) == (0, 1, 1)


def test_a_rejected_event_is_told_with_every_path_and_ends_with_1(run: Run, page_view: Make):
    ended = run("send", "-", "--source", "web", sent=json.dumps([page_view(), {"id": "2"}]), columns=120)

    assert ended.code == 1
    assert "content: is required" in ended.out
    assert "type: is required" in ended.out
    assert "queued 1, duplicates 0, filtered 0, rejected 1" in ended.out


def test_when_every_event_is_rejected_each_keeps_its_number(run: Run, redis: Redis):
    ended = run("send", "-", "--source", "web", "--json", sent='[{"id": "1"}, {"id": "2"}]')

    assert (ended.code, kept(redis)) == (1, 0)
    assert [result["index"] for result in ended.document["results"]] == [0, 1]
    assert {error["path"] for error in ended.document["results"][1]["errors"]} >= {"content", "type"}


def test_an_event_not_meant_for_gong_is_filtered_and_says_why(run: Run, page_view: Make):
    own = page_view(person={"email": "joe@acme.example"})

    document = run("send", "-", "--source", "web", "--json", sent=json.dumps(own)).document

    assert document["filtered"] == 1
    assert document["results"][0]["detail"]


def test_a_share_that_becomes_several_calls_tells_of_each(run: Run, page_view: Make):
    recipients = [{"email": f"{name}@globex.example"} for name in ("jane", "joe")]
    share = page_view(type="content_share", share={"recipients": recipients}, person=None)

    document = run("send", "-", "--source", "web", "--json", sent=json.dumps(share)).document

    assert [result["index"] for result in document["results"]] == [0, 0]
    assert len({result["id"] for result in document["results"]}) == 2


def test_a_dry_run_shows_the_call_and_keeps_nothing(run: Run, page_view: Make, redis: Redis):
    ended = run("send", "-", "--source", "web", "--dry-run", sent=json.dumps(page_view()))

    assert (ended.code, redis.dbsize()) == (0, 0)
    assert "POST /v2/digital-interaction" in ended.out
    assert '"contentTitle": "Pricing"' in ended.out
    assert "Nothing was sent: ready 1" in ended.out


def test_a_dry_run_of_many_is_one_document(run: Run, page_view: Make, redis: Redis):
    sent = lines(page_view("1"), {"id": "2"})

    ended = run("send", "-", "--source", "web", "--dry-run", "--ndjson", "--json", sent=sent)

    document = ended.document
    assert (ended.code, redis.dbsize()) == (1, 0)
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
def test_what_cannot_be_read_is_told_with_the_remedy(run: Run, sent: str, options: list[str], words: str):
    ended = run(
        "send", "-", "--source", "web", *options, sent=sent, RELAY_MAX_BODY_BYTES="1024", RELAY_MAX_ITEMS="2"
    )

    assert (ended.code, ended.out) == (1, "")
    assert words in ended.err


def test_a_source_that_is_not_configured_is_named_with_its_nearest(run: Run):
    assert "no source 'wbe'; did you mean 'web'?" in run("send", "-", "--source", "wbe", sent="{}").err


def test_a_file_that_is_not_there_is_misuse(run: Run):
    assert run("send", "/nowhere.json", "--source", "web").code == 2


def test_a_store_that_is_away_takes_nothing_and_ends_with_3(run: Run, page_view: Make):
    ended = run(
        "send",
        "-",
        "--source",
        "web",
        "--ndjson",
        sent=lines(page_view()),
        RELAY_REDIS_URL="unix:///nowhere/s",
    )

    assert (ended.code, ended.out) == (3, "")
    assert "0 lines were sent before that. Send the whole file again" in ended.err
