"""The bytes that a source uses are exact, whatever happens to its events, and come near the memory that they take."""

import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from redis import Redis

from relay.core.call import Call, Operation
from relay.core.errors import Conflict, NotFound
from relay.core.lifecycle import DeadLetterReason, State
from relay.store.accept import AcceptOptions, NewEvent, Retention, accept
from relay.store.delivery import dead_letter, end_event, finish
from relay.store.engine import keys
from relay.store.engine.connection import WORKER, open_redis
from relay.store.engine.durability import read_memory
from relay.store.erasures import Erasure, erase_record, start_erasure
from relay.store.events import discard_event, replay_event
from relay.store.purges import purge_events
from relay.store.source_usage import read_source_bytes
from relay.store.stores import Store, Stores
from tests.conftest import serving
from tests.store_world import NOW, event, new_id, receipt, sweep_now, take_events

SOURCES = ("web", "shop")
TEXTS = ("body", "problems", "warnings", "raw", "headers", "query", "rejections", "verdicts")
"""The fields of a record whose size a sender determines."""
PEOPLE = ("jane@globex.example", "joe@globex.example", "ann@globex.example")


def recount(redis: Redis, source: str) -> int:
    """What the records of a source count, and what expires by itself. Each record counts at least its text."""
    usage = redis.hgetall(keys.SOURCE_USAGE + source)
    total = sum(int(value) for name, value in usage.items() if name.startswith(b"expires:"))
    names = [*redis.keys(f"{keys.EVENT}*"), *redis.keys(f"{keys.RECEIPT}*")]
    pipeline = redis.pipeline(transaction=False)
    for name in names:
        pipeline.hmget(name, "source", "bytes", *TEXTS)
    for owner, size, *texts in pipeline.execute():
        if owner == source.encode() and size is not None:
            assert int(size) >= sum(len(text or b"") for text in texts)
            total += int(size)
    return total


def request_of(source: str, natives: list[int], size: int, *, people: tuple[str, ...]) -> list[NewEvent]:
    """Events of one request; each body has about `size` bytes that cannot be compressed."""
    text = "".join(new_id() for _ in range(size // 26))
    bodies = [{"eventId": f"{source}:{native}", "text": text} for native in natives]
    return [
        replace(
            event(str(native)),
            event_id=f"{source}:{native}",
            call=Call(Operation.DIGITAL_INTERACTION, f"{source}:{native}", body),
            people=people,
        )
        for native, body in zip(natives, bodies, strict=True)
    ]


class UsageMachine(RuleBasedStateMachine):
    """Senders, workers, operators and the passage of time, in any order."""

    store: Store

    @initialize()
    def empty(self) -> None:
        self.redis, self.scripts = self.store.redis, self.store.scripts
        self.redis.flushdb()

    def pick(self, index: int) -> str | None:
        ids = [name.decode() for name in self.redis.zrange(keys.EVENTS, 0, -1)]
        return ids[index % len(ids)] if ids else None

    @rule(
        source=st.sampled_from(SOURCES),
        natives=st.lists(st.integers(0, 15), min_size=1, max_size=4),
        size=st.sampled_from([0, 300, 12_000]),
        people=st.sets(st.sampled_from(PEOPLE)),
        key=st.sampled_from([None, "k1", "k2"]),
        ends=st.sampled_from(["queued", "filtered", "dead"]),
    )
    def accept(
        self, source: str, natives: list[int], size: int, people: set[str], key: str | None, ends: str
    ) -> None:
        events = request_of(source, natives, size, people=tuple(sorted(people)))
        if ends != "queued":
            problems = b'[{"code": "required"}]' if ends == "dead" else b""
            events = [replace(item, call=None, problems=problems, reason="no rule") for item in events]
        on = replace(
            receipt(new_id().encode() * (1 + size // 26), source=source, headers=b'{"a": "b"}'),
            people=(*sorted(people), PEOPLE[0]),
            idempotency_key=key,
            rejections=b"[]",
        )
        options = AcceptOptions(Retention(), self.store.people)
        try:
            accept(self.scripts, on, events, now=NOW, options=options)
        except Conflict:
            assert key

    @rule(delivered=st.booleans())
    def settle(self, *, delivered: bool) -> None:
        for leased in take_events(self.scripts, 2):
            settlement = (
                end_event(State.DELIVERED, "r", record=b"{}", keep_seconds=600)
                if delivered
                else dead_letter(DeadLetterReason.REJECTED, "no", record=b"{}", keep_seconds=600)
            )
            assert finish(self.scripts, leased, settlement)

    @rule(index=st.integers(0, 60), keep_data=st.booleans())
    def discard(self, index: int, *, keep_data: bool) -> None:
        if event_id := self.pick(index):
            try:
                discard_event(self.scripts, event_id, keep_seconds=600, keep_data=keep_data)
            except Conflict:
                return

    @rule(index=st.integers(0, 60), size=st.sampled_from([None, 10, 5_000]))
    def replay(self, index: int, size: int | None) -> None:
        if event_id := self.pick(index):
            fields: dict[str, str | bytes] = {}
            if size is not None:
                marks = self.store.people.marks(PEOPLE)
                fields = {"operation": "x", "body": b"x" * size, "marks": marks}
            try:
                replay_event(self.scripts, event_id, now=NOW, fields=fields)
            except (Conflict, NotFound):
                return

    @rule(index=st.integers(0, 60), state=st.sampled_from([State.DEAD, State.DELIVERED, State.DISCARDED]))
    def purge(self, index: int, state: State) -> None:
        if event_id := self.pick(index):
            before = self.total()
            assert purge_events(self.scripts, [event_id], state=state).bytes == before - self.total()

    @rule(count=st.integers(1, 5))
    def prune(self, count: int) -> None:
        for name in self.redis.zrange(keys.EXPIRY, 0, count - 1):
            self.redis.zadd(keys.EXPIRY, {name: 0})
        sweep_now(self.scripts, self.redis)

    @rule()
    def let_names_expire(self) -> None:
        for name in self.redis.zrange(keys.USAGE_EXPIRY, 0, 0):
            self.redis.zadd(keys.USAGE_EXPIRY, {name: 0})
        sweep_now(self.scripts, self.redis)

    @rule(person=st.sampled_from(PEOPLE), index=st.integers(0, 60))
    def erase(self, person: str, index: int) -> None:
        if event_id := self.pick(index):
            erasure = Erasure(new_id(), self.store.people.mark(person), "email", "admin")
            start_erasure(self.scripts, erasure, dedupe_seconds=600, now=NOW)
            erase_record(self.scripts, erasure, event_id, alias="", keep_seconds=600)
            self.redis.delete(keys.ERASED_PEOPLE)

    def total(self) -> int:
        return sum(read_source_bytes(self.redis, SOURCES).values())

    @invariant()
    def the_sum_equals_a_recount(self) -> None:
        for source, counted in read_source_bytes(self.redis, SOURCES).items():
            assert counted == recount(self.redis, source)


def queue_small(store: Store, number: int) -> None:
    accept_about(store, request_of("web", [number], 100, people=()), raw=new_id().encode())


def queue_batch(store: Store, number: int) -> None:
    natives = list(range(10 * number, 10 * number + 10))
    accept_about(store, request_of("web", natives, 300, people=("a@globex.example",)), raw=b"x")


def queue_large(store: Store, number: int) -> None:
    accept_about(store, request_of("web", [number], 20_000, people=PEOPLE), raw=random.randbytes(20_000))


def make_dead(store: Store, number: int) -> None:
    problems = orjson.dumps([{"path": "", "code": "required", "message": f"is required {number}"}])
    dead = replace(event(str(number)), call=None, problems=problems, reason=f"no email {number}")
    accept_about(store, [dead], raw=b'{"payload": "%s"}' % new_id().encode())


def make_duplicate(store: Store, number: int) -> None:
    accept_about(store, request_of("web", [0], 100, people=()), raw=str(number).encode())


def make_one_beside_duplicates(store: Store, number: int) -> None:
    accept_about(store, request_of("web", [*range(50), 50 + number], 0, people=()), raw=b"x")


def make_keyed(store: Store, number: int) -> None:
    accept_about(store, request_of("web", [0], 100, people=()), raw=b"x", idempotency_key=f"key {number}")


def accept_about(store: Store, events: list[NewEvent], raw: bytes, **fields: str) -> None:
    options = AcceptOptions(Retention(), store.people)
    people = events[0].people
    accept(store.scripts, replace(receipt(raw, **fields), people=people), events, now=NOW, options=options)


def check_bytes(store: Store, make: Callable[[Store, int], None]) -> None:
    for number in range(50):
        make(store, number)
    before = read_memory(store.redis).used, read_source_bytes(store.redis, ["web"])["web"]
    for number in range(50, 550):
        make(store, number)
    grown = read_memory(store.redis).used - before[0]
    counted = read_source_bytes(store.redis, ["web"])["web"] - before[1]

    # A count that is too low would let a source use more than its share; one that is too high, much less.
    assert 0.85 < counted / grown < 2.0, (counted / 500, grown / 500)


@pytest.mark.parametrize(
    "make",
    [
        queue_small,
        queue_batch,
        queue_large,
        make_dead,
        make_duplicate,
        make_one_beside_duplicates,
        make_keyed,
    ],
)
def test_the_bytes_of_a_source_come_near_the_memory_that_the_store_uses(make: Callable[[Store, int], None]):
    # Its own server: the memory of one that other tests use also changes for other reasons.
    with serving() as server, closing(open_redis(server.url, WORKER)) as redis:
        check_bytes(Stores(redis).main, make)


def test_the_bytes_of_a_source_are_exact_after_any_sequence_of_operations(store: Store):
    UsageMachine.store = store
    run_state_machine_as_test(
        UsageMachine,
        settings=settings(
            max_examples=15,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
