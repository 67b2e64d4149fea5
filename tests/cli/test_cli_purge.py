"""`purge`: what it deletes, what it prints, and its errors."""

import pytest
from redis import Redis

from relay.core.lifecycle import DeadLetterReason
from relay.store.delivery import dead_letter
from relay.store.engine import keys
from tests.cli.conftest import Queue, Run, Settle

REJECTED = dead_letter(DeadLetterReason.REJECTED, "no", record=b"", keep_seconds=600)


def test_dead_letters_of_a_source_are_deleted_and_the_bytes_reported(
    run: Run, settle: Settle, queue: Queue, redis: Redis
):
    event_id = settle(REJECTED)
    waiting = queue("ev-2")

    result = run("purge", "--source", "web", "--status", "dead")

    assert result.code == 0
    assert result.out.startswith("Deleted 1 event and freed about ")
    assert not redis.exists(keys.EVENT + event_id)
    assert redis.exists(keys.EVENT + waiting)


def test_a_dry_run_counts_and_deletes_nothing(run: Run, settle: Settle, redis: Redis):
    event_id = settle(REJECTED)

    result = run("purge", "--status", "dead", "--dry-run")

    assert result.out.startswith("1 event would be deleted, which would free about ")
    assert redis.exists(keys.EVENT + event_id)


def test_json_has_the_counts(run: Run, settle: Settle):
    settle(REJECTED)

    document = run("purge", "--status", "dead", "--json").document

    assert (document["events"], document["dry_run"]) == (1, False)
    assert document["bytes"] > 0


@pytest.mark.parametrize("options", [(), ("--status", "queued"), ("--status", "erased")])
def test_a_status_that_cannot_be_purged_is_a_usage_error(run: Run, options: tuple[str, ...]):
    assert run("purge", *options).code == 2


def test_a_contradiction_is_reported(run: Run):
    result = run("purge", "--status", "filtered", "--reason", "rejected")

    assert result.code in {1, 2}
    assert "only dead letters have a reason" in result.err
