"""Commands leave audit entries like the API."""

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
def test_an_action_is_audited_as_done_by_the_command_line(
    run, redis: Redis, command: tuple[str, ...], did: str, count: int | None
):
    run(*command)

    assert lines(redis) == [Deed("command line", "admin", did, "acme", count)]


def test_a_failed_action_is_not_audited(run, redis: Redis):
    run("pause", "unknown")
    run("discard", "none")
    run("replay", "none")

    assert lines(redis) == []


def test_a_replay_is_audited_with_its_filter(run, redis: Redis):
    run("replay", "--status", "dead", "--no-wait")
    [line] = lines(redis)

    assert (line.did, line.filter) == ("replay.start", {"status": "dead"})
