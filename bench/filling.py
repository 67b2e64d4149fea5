"""Fills a store with events as an endpoint does: one step per receipt, with the call that each event becomes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from redis import Redis

from bench.sample import UNLIMITED, event, gong_body
from relay.core.call import Call, Operation
from relay.core.ids import ENTROPY_BYTES, generate_ids
from relay.core.vault import Vault
from relay.store.accept import AcceptOptions, NewEvent, Receipt, Retention, accept
from relay.store.engine import keys
from relay.store.engine.connection import WORKER, open_redis
from relay.store.engine.scripts import Scripts
from relay.store.person_index import PersonMarker

PER_RECEIPT = 500


@dataclass(frozen=True, slots=True)
class Filler:
    """Fills one store. A name is used for a source, its destination and its company."""

    scripts: Scripts
    keeping: AcceptOptions

    def fill(self, name: str, count: int) -> None:
        """Queue `count` events of one company."""
        for start in range(0, count, PER_RECEIPT):
            self.accept(name, range(start, min(start + PER_RECEIPT, count)))

    def accept(self, name: str, numbers: Sequence[int]) -> None:
        """Accept one receipt of new events."""
        receipt, events = new_receipt(name, numbers)
        accepted = accept(self.scripts, receipt, events, now=datetime.now(UTC), options=self.keeping)
        fresh = [
            verdict for verdict in accepted.verdicts if verdict.status == "queued" and not verdict.duplicate
        ]
        assert len(fresh) == len(numbers), accepted


def open_filler(redis_url: str) -> Filler:
    redis = open_redis(redis_url, WORKER)
    return Filler(Scripts(redis), AcceptOptions(Retention(), PersonMarker(redis, Vault(()))))


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
        events.append(
            NewEvent(
                id=own,
                event_id=event_id,
                destination=name,
                company=name,
                type="page_view",
                item=item,
                call=call,
                people=people,
            )
        )
    people = tuple(person(f"{name}:{number}") for number in numbers)
    return Receipt(
        id=receipt_id,
        source=name,
        raw=raw,
        content_type="application/json",
        key_id="bench",
        people=people,
        limits=UNLIMITED,
    ), events


def person(event_id: str) -> str:
    """The address of the person in an event, different for each event."""
    return f"{event_id.replace(':', '.')}@customer.example.com"


def delivered(redis: Redis) -> int:
    """Number of events delivered so far."""
    counts = redis.hgetall(keys.STATE_COUNTS)
    return sum(int(count) for name, count in counts.items() if name.endswith(b"|delivered"))
