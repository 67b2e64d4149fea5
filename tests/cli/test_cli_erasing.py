"""`gong-relay erase`: counts, erases without any worker, shows and checks its report; `events --email` finds."""

from pathlib import Path

import pytest
from redis import Redis

from relay.store.engine import keys
from relay.store.stores import Stores
from tests.cli.conftest import Run
from tests.store.erasing_world import JANE, about, keep
from tests.store_world import text_of_the_store

SECRETS = {"RELAY_SECRET_KEYS": "a-key-of-thirty-two-characters-at-least"}


def accepted(redis: Redis) -> list[str]:
    """Two events of Jane's. The key of marks is not sealed: commands are told no secret unless they say so."""
    store = Stores(redis).main
    return [keep(store, about(str(number))).verdicts[0].id for number in range(2)]


def test_events_are_found_by_address(run: Run, redis: Redis):
    ids = accepted(redis)

    found = run("events", "--email", JANE.upper(), "--json").document

    assert [event["id"] for event in found["events"]] == ids[::-1]


def test_a_dry_run_counts_and_changes_nothing(run: Run, redis: Redis):
    accepted(redis)

    told = run("erase", "--email", JANE, "--dry-run")

    assert told.code == 0
    assert told.out == ("main: 2 events (2 queued) and the bodies of 0 requests would be erased.\n")
    assert redis.exists(keys.ERASURES) == 0


def test_a_person_is_erased_where_no_worker_runs(run: Run, redis: Redis):
    ids = accepted(redis)

    report = run("erase", "--email", JANE, "--json").document

    assert (report["status"], report["erased"], report["signature"]) == ("done", 2, None)
    assert [event["id"] for event in report["events"]] == ids
    assert JANE not in text_of_the_store(redis)


def test_what_was_erased_is_told_to_people(run: Run, redis: Redis):
    accepted(redis)

    told = run("erase", "--email", JANE, columns=200)

    assert "is done: 2 events erased." in told.out
    assert "main: 2 queued; the bodies of 2 requests" in told.out
    assert "RELAY_SECRET_KEYS is not set" in told.err


def test_workers_do_it_where_nobody_waits(run: Run, redis: Redis):
    accepted(redis)

    told = run("erase", "--email", JANE, "--no-wait")

    [erasure] = redis.zrange(keys.ERASURES_OPEN, 0, -1)
    assert f"gong-relay erase --show {erasure.decode()}" in told.out
    assert run("erase", "--show", erasure.decode(), "--json").document["status"] == "running"


def test_a_signed_report_is_checked_and_a_changed_one_is_found_out(run: Run, redis: Redis, tmp_path: Path):
    accepted(redis)
    file = tmp_path / "report.json"
    file.write_text(run("erase", "--email", JANE, "--json", **SECRETS).out)

    assert run("erase", "--verify", str(file), **SECRETS).code == 0
    file.write_text(file.read_text().replace('"erased": 2', '"erased": 3'))
    told = run("erase", "--verify", str(file), **SECRETS)

    assert told.code == 1
    assert "was changed since" in told.err


def test_the_key_of_marks_is_sealed_anew_by_rotate(run: Run, redis: Redis):
    accepted(redis)

    assert run("rotate", "--json", **SECRETS).document == {"resealed": 1, "already": 0, "unreadable": []}
    assert run("events", "--email", JANE, "--json", **SECRETS).document["events"]
    told = run("rotate", "--json", RELAY_SECRET_KEYS="another-key-of-thirty-two-characters")
    assert (told.code, told.document["unreadable"]) == (1, ["person_key of the store main"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Give exactly one of --email, --phone, --show and --verify."),
        (("--email", JANE, "--phone", "15550100199"), "Give exactly one of"),
        (("--email", "jane"), "e-mail address"),
        (("--phone", "12"), "phone number"),
    ],
)
def test_what_names_nobody_is_misuse(run: Run, arguments: tuple[str, ...], said: str):
    told = run("erase", *arguments)

    assert told.code == 2
    assert said in told.err


def test_an_erasure_that_is_not_there_is_said_to_be_so(run: Run):
    told = run("erase", "--show", "01KAG7X5T5M7Q2V8B4N6C0D1EF")

    assert told.code == 1
    assert "There is no erasure" in told.err
