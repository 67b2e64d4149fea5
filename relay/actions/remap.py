"""Sending a dead letter again. One without a call is routed and mapped anew, from the bytes that its sender posted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from relay.core.call import Call
from relay.core.destination import MAIN_STORE, Destination
from relay.core.errors import Conflict, NotFound, ValidationFailed
from relay.core.personal_data import find_people_in_json
from relay.core.source import Source
from relay.core.verification.verify import VerifiedRequest as Proof
from relay.core.webhook import Webhook
from relay.ingest.accept_events import IngestContext
from relay.ingest.accept_webhook import WebhookRequest, map_webhook
from relay.ingest.parse_items import read_items
from relay.ingest.prepare import RejectedItem, prepare_event
from relay.store.engine.compression import pack
from relay.store.engine.connection import Client
from relay.store.engine.scripts import Scripts
from relay.store.events import read_event, read_receipt, replay_event
from relay.store.person_index import PersonMarker
from relay.store.stores import Store


@dataclass(frozen=True, slots=True)
class ReplayContext:
    """What replaying needs, in one store. `ingest` is asked for only where something must be mapped anew."""

    redis: Client
    scripts: Scripts
    now: Callable[[], datetime]
    ingest: Callable[[], IngestContext]
    store: str = MAIN_STORE
    people: PersonMarker | None = None


def make_replay_context(
    store: Store, intake: Callable[[], IngestContext], now: Callable[[], datetime]
) -> ReplayContext:
    return ReplayContext(store.redis, store.scripts, now, intake, store.name, store.people)


@dataclass(frozen=True, slots=True)
class RemappedEvent:
    """What an event becomes today, and where it goes."""

    call: Call
    destination: Destination
    marks: bytes = b""

    def fields(self) -> dict[str, str | bytes]:
        """As its record holds it."""
        return {
            "operation": self.call.operation,
            "event_id": self.call.event_id,
            "body": pack(orjson.dumps(self.call.body)),
            "destination": self.destination.name,
            "company": self.destination.company,
            "people": self.marks,
        }


def requeue_event(replaying: ReplayContext, event_id: str) -> None:
    """Queue a dead letter (or a discarded event) again.

    Raises NotFound, Conflict when its state forbids it, and Invalid when today's configuration still makes no call of
    it or knows no destination for it.
    """
    record = read_event(replaying.redis, event_id)
    fields: dict[str, str | bytes] = {}
    if record is not None and "body" not in record and "problems" in record:
        fields = remap_event(replaying, record).fields()
    replay_event(replaying.scripts, event_id, now=replaying.now(), fields=fields)


def remap_event(replaying: ReplayContext, record: Mapping[str, bytes]) -> RemappedEvent:
    """What today's configuration makes of an event's kept bytes.

    Raises NotFound when they are gone, Conflict when it makes nothing of them or leads to another store, and Invalid
    when it makes nothing that Gong would take.
    """
    receipt = read_receipt(replaying.redis, record["receipt"].decode())
    if receipt is None:
        raise NotFound(
            "no_such_receipt", "The bytes it came in are no longer kept: it cannot be mapped anew."
        )
    if "raw" not in receipt:
        raise NotFound("receipt_erased", _ERASED)
    # Only what came as a webhook has headers.
    anew = (_of_webhook if "headers" in receipt else _of_event)(replaying.ingest(), record, receipt)
    if anew.destination.store != replaying.store:
        text = (
            f"Its destination {anew.destination.name} is in the store {anew.destination.store}, and the event in "
            f"{replaying.store}: an event never changes stores. Have its sender send it again."
        )
        raise Conflict("store_mismatch", text)
    if replaying.people is None:
        return anew
    return replace(anew, marks=replaying.people.marks(find_people_in_json(anew.call.body)))


_ERASED = (
    "The bytes it came in were erased, because they told of a person whose data had to go: it cannot be mapped anew. "
    "Have its sender send it again, without that person."
)


def _of_webhook(
    intake: IngestContext, record: Mapping[str, bytes], receipt: Mapping[str, bytes]
) -> RemappedEvent:
    source, hook = _hook(intake, record["source"].decode())
    delivery = WebhookRequest(
        source,
        hook,
        receipt["raw"],
        receipt["content_type"].decode(),
        orjson.loads(receipt["headers"]),
        orjson.loads(receipt.get("query", b"{}")),
        Proof(receipt["key_id"].decode()),
    )
    mapped = map_webhook(delivery, intake.router(source, for_rules=True), now=intake.now())
    same = [each for each in mapped if each.index == int(record["item"])]
    part = _part(record)
    if part >= len(same):
        raise _fewer()
    if same[part].problems:
        raise ValidationFailed(same[part].problems, "mapping_still_fails")
    call = same[part].call
    if call is None:
        raise _filtered()
    return RemappedEvent(call, same[part].destination)


def _of_event(
    intake: IngestContext, record: Mapping[str, bytes], receipt: Mapping[str, bytes]
) -> RemappedEvent:
    source = intake.config.sources.get(record["source"].decode())
    if source is None:
        text = f"The configuration no longer has the source {record['source'].decode()!r}."
        raise Conflict("mapping_still_fails", text)
    items = read_items(receipt["raw"], receipt["content_type"].decode(), max_items=intake.max_items)
    index = int(record["item"])
    router = intake.router(source)
    item = prepare_event(index, items.values[index], source=source, router=router, now=intake.now())
    if isinstance(item, RejectedItem):
        raise ValidationFailed(item.problems, "mapping_still_fails")
    if item.no_destination is not None:
        raise ValidationFailed([item.no_destination], "mapping_still_fails")
    if item.filtered:
        raise _filtered()
    if _part(record) >= len(item.calls):
        raise _fewer()
    return RemappedEvent(item.calls[_part(record)], item.destination)


def _part(record: Mapping[str, bytes]) -> int:
    return int(record.get("part", b"0"))


def _fewer() -> Conflict:
    return Conflict("mapping_still_fails", "Today's mapping makes fewer events of what it came in.")


def _filtered() -> Conflict:
    return Conflict("mapping_still_fails", "Today's mapping filters it. Nothing was changed.")


def _hook(intake: IngestContext, name: str) -> tuple[Source, Webhook]:
    hook = intake.config.hooks.get(name)
    if hook is None:
        raise Conflict("mapping_still_fails", f"The configuration no longer maps what source {name!r} posts.")
    return intake.config.sources[name], hook
