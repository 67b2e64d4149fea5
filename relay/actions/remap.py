"""Queuing an event again, and mapping it again from the stored request if it has no call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from relay.core.call import Call
from relay.core.destination import MAIN_STORE, Destination
from relay.core.errors import Conflict, NotFound, ValidationFailed
from relay.core.masked_ids import mask_event_id
from relay.core.personal_data import find_people_in_json
from relay.core.source import Source
from relay.core.verification.strip_body import strip_body
from relay.core.verification.verify import VerifiedRequest
from relay.core.webhook import Webhook
from relay.ingest.accept_events import IngestContext
from relay.ingest.accept_webhook import WebhookRequest, map_webhook
from relay.ingest.parse_items import read_items
from relay.ingest.prepare import RejectedItem, prepare_event
from relay.store.engine.compression import pack
from relay.store.engine.connection import Client
from relay.store.engine.scripts import Scripts
from relay.store.events import data_deleted_error, read_event, read_receipt, replay_event
from relay.store.person_index import PersonMarker
from relay.store.stores import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayContext:
    """What a replay needs in one store."""

    redis: Client
    scripts: Scripts
    now: Callable[[], datetime]
    ingest: Callable[[], IngestContext]
    """Called only to map an event, so that resending a stored body needs no valid configuration."""
    store: str = MAIN_STORE
    people: PersonMarker | None = None


def make_replay_context(
    store: Store, ingest: Callable[[], IngestContext], now: Callable[[], datetime]
) -> ReplayContext:
    """Return the context of a replay in a store."""
    return ReplayContext(
        redis=store.redis,
        scripts=store.scripts,
        now=now,
        ingest=ingest,
        store=store.name,
        people=store.people,
    )


@dataclass(frozen=True, slots=True)
class RemappedEvent:
    """The call that the current configuration makes of an event, and its destination."""

    call: Call
    destination: Destination
    source: str
    marks: bytes = b""
    """Keyed hashes of the people in the call, under which an erasure finds the event."""

    @property
    def masked_id(self) -> str:
        """The eventId without what it says about people."""
        people = find_people_in_json(self.call.body)
        return mask_event_id(self.call.event_id, source=self.source, people=people, body=self.call.body)

    def fields(self) -> dict[str, str | bytes]:
        """Return the fields to write to the event's record."""
        return {
            "operation": self.call.operation,
            "event_id": self.call.event_id,
            "masked_id": self.masked_id,
            "body": pack(orjson.dumps(self.call.body)),
            "destination": self.destination.name,
            "company": self.destination.company,
            "marks": self.marks,
        }


def requeue_event(context: ReplayContext, event_id: str) -> None:
    """Queue a dead letter or a discarded event again.

    Raises NotFound, Conflict if the event's state forbids it, and ValidationFailed if the current configuration still makes
    no valid call of it or finds no destination.
    """
    record = read_event(context.redis, event_id)
    fields: dict[str, str | bytes] = {}
    # An event whose mapping failed has problems in place of a body.
    if record is not None and "body" not in record and "problems" in record:
        fields = remap_event(context, record).fields()
    replay_event(context.scripts, event_id, now=context.now(), fields=fields)


def remap_event(context: ReplayContext, record: Mapping[str, bytes]) -> RemappedEvent:
    """Map an event again, from the stored request that it came in.

    Raises NotFound if the request is no longer stored, Conflict if the event was discarded with its data, or if mapping filters the event or routes it to another
    store, and ValidationFailed if mapping builds no valid call for it.
    """
    if "data_deleted_at" in record:
        raise data_deleted_error()
    receipt = read_receipt(context.redis, record["receipt"].decode())
    if receipt is None:
        text = "The request that this event came in is no longer stored, so the event cannot be mapped again."
        raise NotFound("no_such_receipt", text)
    if "raw" not in receipt:
        raise NotFound("receipt_erased", _ERASED)
    # Only webhooks are stored with headers.
    remap = _remap_webhook if "headers" in receipt else _remap_event
    ingest = context.ingest()
    remapped = ingest.compute(len(receipt["raw"]), lambda: remap(ingest, record, receipt))
    destination = remapped.destination
    if destination.store != context.store:
        text = (
            f"The event is in the store {context.store}, and its destination {destination.name} is now in the store "
            f"{destination.store}. An event cannot change stores: have its sender send it again."
        )
        raise Conflict("store_mismatch", text)
    if context.people is None:
        return remapped
    return replace(remapped, marks=context.people.marks(find_people_in_json(remapped.call.body)))


_ERASED = (
    "The request that this event came in was erased together with a person's data, so the event cannot be mapped again. "
    "Have its sender send it again, without that person."
)


def _remap_webhook(
    ingest: IngestContext, record: Mapping[str, bytes], receipt: Mapping[str, bytes]
) -> RemappedEvent:
    source, webhook = _find_webhook(ingest, record["source"].decode())
    content_type = receipt["content_type"].decode()
    request = WebhookRequest(
        source=source,
        webhook=webhook,
        # An older version of the relay stored the body with its credentials.
        raw=strip_body(webhook.scheme, receipt["raw"], content_type),
        content_type=content_type,
        headers=orjson.loads(receipt["headers"]),
        query=orjson.loads(receipt.get("query", b"{}")),
        # Its signature was verified on receipt. The secret may have changed since.
        verified=VerifiedRequest(receipt["key_id"].decode()),
    )
    mapped = map_webhook(request, ingest.router(source, for_rules=True), now=ingest.now())
    parts = [item for item in mapped if item.index == int(record["item"])]
    part = _part_of(record)
    if part >= len(parts):
        raise _too_few_events()
    if parts[part].problems:
        raise ValidationFailed(parts[part].problems, "mapping_still_fails")
    call = parts[part].call
    if call is None:
        raise _filtered()
    return RemappedEvent(call, parts[part].destination, source.name)


def _remap_event(
    ingest: IngestContext, record: Mapping[str, bytes], receipt: Mapping[str, bytes]
) -> RemappedEvent:
    name = record["source"].decode()
    source = ingest.config.sources.get(name)
    if source is None:
        raise Conflict("mapping_still_fails", f"The configuration no longer has the source {name!r}.")
    items = read_items(receipt["raw"], receipt["content_type"].decode(), max_items=ingest.max_items)
    index = int(record["item"])
    router = ingest.router(source)
    item = prepare_event(index, items.values[index], source=source, router=router, now=ingest.now())
    if isinstance(item, RejectedItem):
        raise ValidationFailed(item.problems, "mapping_still_fails")
    if item.no_destination is not None:
        raise ValidationFailed([item.no_destination], "mapping_still_fails")
    if item.filtered:
        raise _filtered()
    if _part_of(record) >= len(item.calls):
        raise _too_few_events()
    return RemappedEvent(item.calls[_part_of(record)], item.destination, source.name)


def _part_of(record: Mapping[str, bytes]) -> int:
    """Which of the events that mapping made of one item this is, from 0."""
    return int(record.get("part", b"0"))


def _too_few_events() -> Conflict:
    text = "The current mapping makes fewer events of the request, and none of them is this one."
    return Conflict("mapping_still_fails", text)


def _filtered() -> Conflict:
    return Conflict("mapping_still_fails", "The current mapping filters this event out. Nothing was changed.")


def _find_webhook(ingest: IngestContext, name: str) -> tuple[Source, Webhook]:
    webhook = ingest.config.webhooks.get(name)
    if webhook is None:
        text = f"The configuration no longer has a mapping for the webhooks of source {name!r}."
        raise Conflict("mapping_still_fails", text)
    return ingest.config.sources[name], webhook
