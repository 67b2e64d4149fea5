"""`erase`: preview, erasure without a worker, report and signature; and `events --email`."""

from pathlib import Path

import pytest
from redis import Redis

from relay.store.engine import keys
from relay.store.stores import Stores
from tests.cli.conftest import Run
from tests.store.erasure_world import JANE, accept_request, event_about
from tests.store_world import text_of_the_store

SECRETS = {"RELAY_SECRET_KEYS": "a-key-of-thirty-two-characters-at-least"}


def accepted(redis: Redis) -> list[str]:
    """Store two events about Jane. The key of the person index is not encrypted, because no secret key is set."""
    store = Stores(redis).main
    return [accept_request(store, event_about(str(number))).verdicts[0].id for number in range(2)]


def test_events_are_found_by_email_address(run: Run, redis: Redis):
    ids = accepted(redis)

    page = run("events", "--email", JANE.upper(), "--json").document

    assert [event["id"] for event in page["events"]] == ids[::-1]


def test_a_dry_run_counts_events_and_changes_nothing(run: Run, redis: Redis):
    accepted(redis)

    result = run("erase", "--email", JANE, "--dry-run")

    assert result.code == 0
    assert result.out == ("main: 2 events (2 queued) and the bodies of 2 requests would be erased.\n")
    assert redis.exists(keys.ERASURES) == 0


def test_a_person_is_erased_without_a_worker(run: Run, redis: Redis):
    ids = accepted(redis)

    report = run("erase", "--email", JANE, "--json").document

    assert (report["status"], report["erased"], report["signature"]) == ("done", 2, None)
    assert [event["id"] for event in report["events"]] == ids
    assert JANE not in text_of_the_store(redis)


def test_the_report_is_printed_as_text(run: Run, redis: Redis):
    accepted(redis)

    result = run("erase", "--email", JANE, columns=200)

    assert "is done: 2 events erased." in result.out
    assert "main: 2 queued; the bodies of 2 requests" in result.out
    assert "RELAY_SECRET_KEYS is not set" in result.err


def test_no_wait_leaves_the_erasure_to_workers(run: Run, redis: Redis):
    accepted(redis)

    result = run("erase", "--email", JANE, "--no-wait")

    [erasure] = redis.zrange(keys.ERASURES_OPEN, 0, -1)
    assert f"gong-relay erase --show {erasure.decode()}" in result.out
    assert run("erase", "--show", erasure.decode(), "--json").document["status"] == "running"


def test_verify_accepts_a_signed_report_and_rejects_a_changed_one(run: Run, redis: Redis, tmp_path: Path):
    accepted(redis)
    file = tmp_path / "report.json"
    file.write_text(run("erase", "--email", JANE, "--json", **SECRETS).out)

    assert run("erase", "--verify", str(file), **SECRETS).code == 0
    file.write_text(file.read_text().replace('"erased": 2', '"erased": 3'))
    result = run("erase", "--verify", str(file), **SECRETS)

    assert result.code == 1
    assert "was changed since" in result.err


def test_rotate_re_encrypts_the_key_of_the_person_index(run: Run, redis: Redis):
    accepted(redis)

    assert run("rotate", "--json", **SECRETS).document == {"resealed": 1, "already": 0, "unreadable": []}
    assert run("events", "--email", JANE, "--json", **SECRETS).document["events"]
    result = run("rotate", "--json", RELAY_SECRET_KEYS="another-key-of-thirty-two-characters")
    assert (result.code, result.document["unreadable"]) == (1, ["person_key of the store main"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Give exactly one of --email, --phone, --show and --verify."),
        (("--email", JANE, "--phone", "15550100199"), "Give exactly one of"),
        (("--email", "jane"), "e-mail address"),
        (("--phone", "12"), "phone number"),
    ],
)
def test_erase_requires_exactly_one_valid_person_or_report(
    run: Run, arguments: tuple[str, ...], message: str
):
    result = run("erase", *arguments)

    assert result.code == 2
    assert message in result.err


def test_an_unknown_erasure_is_reported(run: Run):
    result = run("erase", "--show", "01KAG7X5T5M7Q2V8B4N6C0D1EF")

    assert result.code == 1
    assert "There is no erasure" in result.err
