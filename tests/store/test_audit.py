"""The audit keeps who did what, newest first, within its bounds, and nobody's data."""

from datetime import timedelta

from redis import Redis

from relay.store.audit import MAX_ENTRIES, AuditEntry, read_audit, record_entry
from relay.store.engine import keys
from tests.store_world import NOW

PAUSED = AuditEntry(principal="alice", role="operator", action="destination.pause", target="acme")


def targets(redis: Redis, *, limit: int = 50, cursor: str | None = None) -> tuple[list[str], str | None]:
    lines, more = read_audit(redis, limit=limit, cursor=cursor)
    return [line.entry.target for line in lines], more


def test_a_deed_is_read_as_it_was_written(redis: Redis):
    told = AuditEntry(
        principal="alice",
        role="operator",
        action="replay.start",
        target="01KAG7",
        count=12,
        filter={"destination": "acme"},
    )
    record_entry(redis, told, now=NOW)

    [line] = read_audit(redis, limit=5, cursor=None)[0]

    assert (line.entry, line.at) == (told, NOW)


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


def test_a_person_of_a_filter_is_not_kept(redis: Redis):
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


def test_lines_beyond_their_time_are_dropped(redis: Redis):
    seconds, _ = redis.time()
    record_entry(redis, PAUSED, now=NOW)
    later = NOW.fromtimestamp(seconds, tz=NOW.tzinfo) + timedelta(hours=3)

    record_entry(
        redis,
        AuditEntry(principal="alice", role="operator", action="destination.resume", target="acme"),
        now=later,
        keep_hours=2,
    )

    assert redis.xlen(keys.AUDIT) == 0  # the second too: by the store's own clock it is as old


def test_the_oldest_lines_give_way_to_new_ones(redis: Redis):
    with redis.pipeline(transaction=False) as pipeline:
        for number in range(MAX_ENTRIES + 500):
            pipeline.xadd(keys.AUDIT, {"at": number}, id=f"{10_000_000 + number}-0")
        pipeline.execute()

    record_entry(redis, PAUSED, now=NOW.fromtimestamp(3700, tz=NOW.tzinfo), keep_hours=1)

    assert redis.xlen(keys.AUDIT) <= MAX_ENTRIES + 100
