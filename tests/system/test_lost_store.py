"""The store is backed up at run time, lost and restored, as in docs/operations.md; or started again without a backup."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.harness.accounts import Account
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ACCOUNT = Account("stored")
FILES = "appendonlydir"


@pytest.fixture
def stack(launch: Launch) -> Iterator[Stack]:
    with launch(Plan([ACCOUNT], FAST)) as stack:
        yield stack


def back_up(stack: Stack, target: Path) -> None:
    """Back up the running store, whose files are not rewritten meanwhile."""
    redis = Redis.from_url(stack.store.url)
    before = redis.config_get("auto-aof-rewrite-percentage")
    redis.config_set("auto-aof-rewrite-percentage", 0)
    eventually(
        lambda: redis.info("persistence")["aof_rewrite_in_progress"] == 0, within=20, what="no rewrite"
    )
    shutil.copytree(stack.store.folder / FILES, target)
    redis.config_set("auto-aof-rewrite-percentage", before["auto-aof-rewrite-percentage"])
    redis.close()


def lose(stack: Stack) -> None:
    stack.store.kill()
    shutil.rmtree(stack.store.folder / FILES)


def drained(stack: Stack) -> None:
    eventually(lambda: stack.relay.open_events() == 0, within=30, what="the drain")


def test_a_backup_restores_waiting_events_and_gong_has_each_once(stack: Stack, tmp_path: Path) -> None:
    stack.relay.accept(ACCOUNT, page_view("before"))
    drained(stack)
    stack.relay.act(f"/v1/destinations/{ACCOUNT.name}/pause")
    waiting = stack.relay.accept(ACCOUNT, page_view("waiting"))["id"]
    back_up(stack, tmp_path / FILES)
    stack.relay.act(f"/v1/destinations/{ACCOUNT.name}/resume")
    drained(stack)

    lose(stack)
    shutil.copytree(tmp_path / FILES, stack.store.folder / FILES)
    stack.store.start()
    eventually(
        lambda: stack.relay.event(waiting)["status"] == "on_hold", within=20, what="what was backed up"
    )
    stack.relay.act(f"/v1/destinations/{ACCOUNT.name}/resume")
    drained(stack)

    assert sorted(stack.sandbox.event_ids()) == ["stored:before", "stored:waiting"]
    assert stack.relay.event(waiting)["status"] == "duplicate"


def test_without_a_backup_web_and_worker_continue_with_an_empty_store(stack: Stack) -> None:
    stack.relay.accept(ACCOUNT, page_view("before"))
    drained(stack)

    lose(stack)
    stack.store.start()
    eventually(
        lambda: stack.relay.post(ACCOUNT, page_view("after")).status_code == 202, within=20, what="202"
    )
    drained(stack)

    assert sorted(stack.sandbox.event_ids()) == ["stored:after", "stored:before"]


def test_events_sent_again_after_the_loss_reach_gong_once(stack: Stack) -> None:
    stack.relay.accept(ACCOUNT, page_view("sent"))
    drained(stack)

    lose(stack)
    stack.store.start()
    again = eventually(
        lambda: stack.relay.post(ACCOUNT, page_view("sent")).json().get("id"), within=20, what="202"
    )
    drained(stack)

    assert (stack.sandbox.event_ids(), stack.relay.event(again)["status"]) == (["stored:sent"], "duplicate")


def test_a_file_truncated_within_a_command_is_read_up_to_it(stack: Stack) -> None:
    stack.relay.act(f"/v1/destinations/{ACCOUNT.name}/pause")
    event_id = stack.relay.accept(ACCOUNT, page_view("truncated"))["id"]

    stack.store.kill()
    [file] = (stack.store.folder / FILES).glob("*.incr.aof")
    with file.open("ab") as end:
        end.write(b"*3\r\n$3\r\nSET\r\n$5\r\nrel")
    stack.store.start()

    # It was queued or held already when the store died; the next worker to look at it finds the hold.
    eventually(
        lambda: stack.relay.event(event_id)["status"] == "on_hold", within=20, what="the event on hold"
    )
