"""Taking a partner's own payload in: read, map, one atomic step in the store. What cannot be mapped is kept as a dead letter."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from relay.core.destination import Destination
from relay.core.errors import Problem, RelayError
from relay.core.hook import Hook
from relay.core.ids import ENTROPY_BYTES, id_run
from relay.core.payloads import Payload, read_body
from relay.core.rules.identify import digest_event_id
from relay.core.rules.mapped import Mapped, Status
from relay.core.rules.run import run
from relay.core.source import Source
from relay.core.verification.verify import Accepted as Proof
from relay.intake.take_in import Intake
from relay.store.accepting import NewEvent, Receipt, accept


@dataclass(frozen=True, slots=True)
class Delivery:
    """One verified request of a partner's. Header names are lower case."""

    source: Source
    hook: Hook
    raw: bytes
    content_type: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    proof: Proof


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a delivery: its receipt, and how many events went which way."""

    receipt: str
    queued: int
    duplicates: int
    filtered: int
    dead: int


def take_webhook(intake: Intake, delivery: Delivery) -> TakenIn:
    """Keep a delivery and queue what it becomes. Raises Unavailable, or Conflict when a signature comes with another body."""
    now = intake.now()
    destination = intake.destination(delivery.source)
    mapped = map_delivery(delivery, destination, now=now)
    receipt_id, *ids = id_run(now, os.urandom(ENTROPY_BYTES), len(mapped) + 1)
    events = list(_events(mapped, ids, destination))
    accepted = accept(
        intake.scripts, _receipt(receipt_id, delivery), events, now=now, retention=intake.retention
    )
    kinds = Counter("duplicates" if told.duplicate else told.status for told in accepted.verdicts)
    return TakenIn(accepted.receipt, kinds["queued"], kinds["duplicates"], kinds["filtered"], kinds["dead"])


def map_delivery(delivery: Delivery, destination: Destination, *, now: datetime) -> tuple[Mapped, ...]:
    """What each item of a delivery becomes. A body that cannot be read is one dead item. Never raises."""
    try:
        body = read_body(delivery.raw, delivery.content_type, delivery.hook.reading)
    except RelayError as error:
        event_id = digest_event_id(delivery.source.name, delivery.raw.decode("utf-8", "surrogateescape"))
        return (Mapped(0, event_id, problems=(Problem("", error.code, error.detail),)),)
    payload = Payload(body, delivery.headers, delivery.query)
    return run(
        delivery.hook.mapping, payload, source=delivery.source, destination=destination, received_at=now
    )


def payload_of(delivery: Delivery) -> Payload:
    """What a source's own answer may take from the request; the body is None where it cannot be read."""
    try:
        body = read_body(delivery.raw, delivery.content_type, delivery.hook.reading)
    except RelayError:
        body = None
    return Payload(body, delivery.headers, delivery.query)


def _receipt(receipt_id: str, delivery: Delivery) -> Receipt:
    """A proof that was seen before brings the first answer back: a true retry loses nothing, a replay gains nothing."""
    replay = delivery.proof.replay
    return Receipt(
        receipt_id,
        delivery.source.name,
        delivery.raw,
        delivery.content_type,
        delivery.proof.key_id,
        idempotency_key=f"proof:{replay.id}" if replay else None,
        remember_seconds=replay.seconds if replay else 1,
        headers=orjson.dumps(delivery.headers),
        query=orjson.dumps(delivery.query),
    )


def _events(mapped: Sequence[Mapped], ids: Sequence[str], destination: Destination) -> Iterator[NewEvent]:
    parts: Counter[int] = Counter()
    for each, event_id in zip(mapped, ids, strict=True):
        yield NewEvent(
            event_id,
            each.event_id,
            destination.name,
            destination.company,
            each.rule or "unmapped",
            each.index,
            each.call,
            _as_json(each.warnings),
            each.filtered or "; ".join(_said(problem) for problem in each.problems),
            rule=each.rule,
            problems=_as_json(each.problems) if each.status is Status.DEAD else b"",
            part=parts[each.index],
        )
        parts[each.index] += 1


def _as_json(problems: Sequence[Problem]) -> bytes:
    return orjson.dumps([problem.as_dict() for problem in problems]) if problems else b""


def _said(problem: Problem) -> str:
    return f"{problem.path}: {problem.message}" if problem.path else problem.message
