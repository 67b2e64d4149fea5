"""Commands leave audit entries like the API."""

import pytest
from redis import Redis

from relay.store.audit import AuditEntry, read_audit


def lines(redis: Redis) -> list[AuditEntry]:
    return [stored.entry for stored in reversed(read_audit(redis, limit=50, cursor=None)[0])]


@pytest.mark.parametrize(
    ("command", "action", "count"),
    [
        (("pause", "acme"), "destination.pause", None),
        (("resume", "acme"), "destination.resume", 0),
        (("probe", "acme", "--wait", "0"), "destination.probe", None),
    ],
)
def test_an_action_is_audited_as_done_by_the_command_line(
    run, redis: Redis, command: tuple[str, ...], action: str, count: int | None
):
    run(*command)

    assert lines(redis) == [
        AuditEntry(principal="command line", role="admin", action=action, target="acme", count=count)
    ]


def test_a_failed_action_is_not_audited(run, redis: Redis):
    run("pause", "unknown")
    run("discard", "none")
    run("replay", "none")

    assert lines(redis) == []


def test_a_replay_is_audited_with_its_filter(run, redis: Redis):
    run("replay", "--status", "dead", "--no-wait")
    [line] = lines(redis)

    assert (line.action, line.filter) == ("replay.start", {"status": "dead"})
