"""What commands do leaves the same lines of audit as what is done over HTTP."""

import pytest
from redis import Redis

from relay.store.audit import Deed, read_audit


def lines(redis: Redis) -> list[Deed]:
    return [line.deed for line in reversed(read_audit(redis, limit=50, cursor=None)[0])]


@pytest.mark.parametrize(
    ("command", "did", "count"),
    [
        (("pause", "acme"), "destination.pause", None),
        (("resume", "acme"), "destination.resume", 0),
        (("probe", "acme", "--wait", "0"), "destination.probe", None),
    ],
)
def test_each_deed_says_that_it_was_done_by_command(
    run, redis: Redis, command: tuple[str, ...], did: str, count: int | None
):
    run(*command)

    assert lines(redis) == [Deed("command line", "admin", did, "acme", count)]


def test_what_comes_to_nothing_leaves_no_line(run, redis: Redis):
    run("pause", "nobody")
    run("discard", "none")
    run("replay", "none")

    assert lines(redis) == []


def test_a_replay_of_many_says_what_was_chosen(run, redis: Redis):
    run("replay", "--status", "dead", "--no-wait")
    [line] = lines(redis)

    assert (line.did, line.filter) == ("replay.start", {"status": "dead"})
