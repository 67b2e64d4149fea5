"""Fills a store with events as a endpoint does: one step for a receipt of many, each with the call that it becomes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from redis import Redis

from bench.sample import event, gong_body
from relay.core.call import Call, Operation
from relay.core.ids import ENTROPY_BYTES, generate_ids
from relay.core.vault import Vault
from relay.store.accept import AcceptOptions, NewEvent, Receipt, Retention, accept
from relay.store.engine import keys
from relay.store.engine.connection import WORKER, open_redis
from relay.store.engine.scripts import Scripts
from relay.store.person_index import People

PER_RECEIPT = 500


@dataclass(frozen=True, slots=True)
class Filler:
    """Fills one store. A name stands for a source, its destination and its company alike."""

    scripts: Scripts
    keeping: AcceptOptions

    def fill(self, name: str, count: int) -> None:
        """Have `count` events of one company wait."""
        for start in range(0, count, PER_RECEIPT):
            self.accept(name, range(start, min(start + PER_RECEIPT, count)))

    def accept(self, name: str, numbers: Sequence[int]) -> None:
        """Accept one receipt of fresh events."""
        receipt, events = new_receipt(name, numbers)
        told = accept(self.scripts, receipt, events, now=datetime.now(UTC), keeping=self.keeping)
        fresh = [verdict for verdict in told.verdicts if verdict.status == "queued" and not verdict.duplicate]
        assert len(fresh) == len(numbers), told


def open_filler(redis_url: str) -> Filler:
    redis = open_redis(redis_url, WORKER)
    return Filler(Scripts(redis), AcceptOptions(Retention(), People(redis, Vault(()))))


def new_receipt(name: str, numbers: Sequence[int]) -> tuple[Receipt, list[NewEvent]]:
    """A receipt of page views with these numbers, ready to be accepted."""
    payload = event("")
    raw = orjson.dumps([payload | {"id": str(number)} for number in numbers])
    receipt_id, *ids = generate_ids(datetime.now(UTC), os.urandom(ENTROPY_BYTES), len(numbers) + 1)
    body = gong_body("")
    events = []
    for item, (number, own) in enumerate(zip(numbers, ids, strict=True)):
        event_id = f"{name}:{number}"
        call = Call(Operation.DIGITAL_INTERACTION, event_id, body | {"eventId": event_id})
        people = (person(event_id),)
        events.append(NewEvent(own, event_id, name, name, "page_view", item, call, people=people))
    people = tuple(person(f"{name}:{number}") for number in numbers)
    return Receipt(receipt_id, name, raw, "application/json", "bench", people=people), events


def person(event_id: str) -> str:
    """Whom an event tells of: each of another."""
    return f"{event_id.replace(':', '.')}@customer.example.com"


def delivered(redis: Redis) -> int:
    """How many events have ever been delivered."""
    counts = redis.hgetall(keys.COUNT)
    return sum(int(told) for name, told in counts.items() if name.endswith(b"|delivered"))
