"""The audit log lists who did what, newest first, is limited in size and time, and holds no personal data."""

from datetime import timedelta

from redis import Redis

from relay.store.audit import MAX_ENTRIES, AuditEntry, read_audit, record_entry
from relay.store.engine import keys
from tests.store_world import NOW

PAUSED = AuditEntry(principal="alice", role="operator", action="destination.pause", target="acme")


def targets(redis: Redis, *, limit: int = 50, cursor: str | None = None) -> tuple[list[str], str | None]:
    entries, next_cursor = read_audit(redis, limit=limit, cursor=cursor)
    return [line.entry.target for line in entries], next_cursor


def test_an_audit_entry_is_read_as_it_was_written(redis: Redis):
    entry = AuditEntry(
        principal="alice",
        role="operator",
        action="replay.start",
        target="01KAG7",
        count=12,
        filter={"destination": "acme"},
    )
    record_entry(redis, entry, now=NOW)

    [line] = read_audit(redis, limit=5, cursor=None)[0]

    assert (line.entry, line.at) == (entry, NOW)


def test_pages_go_from_the_newest_to_the_oldest(redis: Redis):
    for name in "abcde":
        record_entry(
            redis,
            AuditEntry(principal="alice", role="operator", action="event.discard", target=name),
            now=NOW,
        )

    first, cursor = targets(redis, limit=3)
    rest, end = targets(redis, limit=3, cursor=cursor)

    assert (first, rest, end) == (["e", "d", "c"], ["b", "a"], None)


def test_a_person_in_a_filter_is_not_stored(redis: Redis):
    record_entry(
        redis,
        AuditEntry(
            principal="a",
            role="admin",
            action="erase",
            target="p",
            count=1,
            filter={"email": "jane@globex.example"},
        ),
        now=NOW,
    )

    [(_, fields)] = redis.xrange(keys.AUDIT)

    assert b"globex" not in b"".join(fields.values())
    assert read_audit(redis, limit=1, cursor=None)[0][0].entry.filter == {"email": "(given)"}


def test_entries_older_than_the_retention_are_dropped(redis: Redis):
    seconds, _ = redis.time()
    record_entry(redis, PAUSED, now=NOW)
    later = NOW.fromtimestamp(seconds, tz=NOW.tzinfo) + timedelta(hours=3)

    record_entry(
        redis,
        AuditEntry(principal="alice", role="operator", action="destination.resume", target="acme"),
        now=later,
        keep_hours=2,
    )

    assert redis.xlen(keys.AUDIT) == 0  # the second too, because the store dates it by its own clock


def test_the_oldest_entries_are_dropped_when_the_log_is_full(redis: Redis):
    with redis.pipeline(transaction=False) as pipeline:
        for number in range(MAX_ENTRIES + 500):
            pipeline.xadd(keys.AUDIT, {"at": number}, id=f"{10_000_000 + number}-0")
        pipeline.execute()

    record_entry(redis, PAUSED, now=NOW.fromtimestamp(3700, tz=NOW.tzinfo), keep_hours=1)

    assert redis.xlen(keys.AUDIT) <= MAX_ENTRIES + 100
