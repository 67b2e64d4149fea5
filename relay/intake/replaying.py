"""Sending a dead letter again. One that could not be mapped is mapped anew, from the bytes that its sender posted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from relay.core.errors import Conflict, Invalid, NotFound
from relay.core.hook import Hook
from relay.core.rules.mapped import Mapped
from relay.core.source import Source
from relay.core.verification.verify import Accepted as Proof
from relay.intake.take_in import Intake
from relay.intake.take_webhook import Delivery, map_delivery
from relay.store.acting import replay_event
from relay.store.connection import Client
from relay.store.events import read_event, read_receipt
from relay.store.scripts import Scripts


@dataclass(frozen=True, slots=True)
class Replaying:
    """What replaying needs. `intake` is asked for only where something must be mapped anew."""

    redis: Client
    scripts: Scripts
    now: Callable[[], datetime]
    intake: Callable[[], Intake]


def replay(replaying: Replaying, event_id: str) -> None:
    """Queue a dead letter (or a discarded event) again.

    Raises NotFound, Conflict when its state forbids it, and Invalid when today's mapping still makes no call of it.
    """
    record = read_event(replaying.redis, event_id)
    fields: dict[str, str | bytes] = {}
    if record is not None and "body" not in record and "problems" in record:
        call = _mapped_anew(replaying.intake(), replaying.redis, record).call
        if call is None:
            raise Conflict("still_unmapped", "Today's mapping filters it. Nothing was changed.")
        fields = {"operation": call.operation, "event_id": call.event_id, "body": orjson.dumps(call.body)}
    replay_event(replaying.scripts, event_id, now=replaying.now(), fields=fields)


def _mapped_anew(intake: Intake, redis: Client, record: Mapping[str, bytes]) -> Mapped:
    receipt = read_receipt(redis, record["receipt"].decode())
    if receipt is None:
        raise NotFound(
            "no_such_receipt", "The bytes it came in are no longer kept: it cannot be mapped anew."
        )
    source, hook = _hook(intake, record["source"].decode())
    delivery = Delivery(
        source,
        hook,
        receipt["raw"],
        receipt["content_type"].decode(),
        orjson.loads(receipt.get("headers", b"{}")),
        orjson.loads(receipt.get("query", b"{}")),
        Proof(receipt["key_id"].decode()),
    )
    mapped = map_delivery(delivery, intake.destination(source), now=intake.now())
    same = [each for each in mapped if each.index == int(record["item"])]
    part = int(record.get("part", b"0"))
    if part >= len(same):
        raise Conflict("still_unmapped", "Today's mapping makes fewer events of what it came in.")
    if same[part].problems:
        raise Invalid(same[part].problems, "still_unmapped")
    return same[part]


def _hook(intake: Intake, name: str) -> tuple[Source, Hook]:
    hook = intake.config.hooks.get(name)
    if hook is None:
        raise Conflict("still_unmapped", f"The configuration no longer maps what source {name!r} posts.")
    return intake.config.sources[name], hook
