"""Store a receipt and its events: one atomic step for each store that the events belong to."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from relay.core.destination import MAIN_STORE
from relay.store.accept import AcceptOptions, AcceptResult, NewEvent, Receipt, Verdict, accept
from relay.store.stores import Stores
from relay.tracing.spans import SpanRole, annotate, span


def persist(
    stores: Stores, receipt: Receipt, events: Sequence[NewEvent], *, now: datetime, options: AcceptOptions
) -> AcceptResult:
    """Store the receipt and queue its events, each in the store of its company.

    Raises whatever `accept` raises, and Unavailable if a store that it needs is nearly full. If the events belong to
    several stores and one fails, the stores before it keep their part: when the sender repeats the request, those
    events are duplicates.
    """
    parts = _split_by_store(stores, events)
    # Check every store before the first write, so that a full one does not leave the request half stored.
    limits = {name: stores.get(name).watermark.check() for name in parts}
    results: dict[str, AcceptResult] = {}
    for name, part in parts.items():
        store = stores.get(name)
        with span("accept", SpanRole.PRODUCER):
            annotate(messaging__system="rq", relay__store=name, relay__events=len(part))
            own = replace(options, people=store.people, store_bytes=limits[name])
            result = accept(store.scripts, receipt, part, now=now, options=own)
        results[name] = result
        # A repeated request has the id of its first receipt; the other stores must use the same one.
        receipt = replace(receipt, id=result.receipt)
    return _merge_results(parts, results, events)


def _split_by_store(stores: Stores, events: Sequence[NewEvent]) -> Mapping[str, Sequence[NewEvent]]:
    # Always in the order of `stores`: a repeated request then finds its first receipt in the store it was written to.
    names = {event.store for event in events} or {MAIN_STORE}
    if len(names) == 1:
        return dict.fromkeys(names, events)
    return {
        store.name: [event for event in events if event.store == store.name]
        for store in stores
        if store.name in names
    }


def _merge_results(
    parts: Mapping[str, Sequence[NewEvent]], results: Mapping[str, AcceptResult], events: Sequence[NewEvent]
) -> AcceptResult:
    """Combine the results of all stores, with the verdicts in the order of the events."""
    first = next(iter(results.values()))
    if len(parts) == 1:
        return first
    verdicts: dict[str, Verdict] = {}
    for name, part in parts.items():
        # Not strict: a repeated request gets its first verdicts, and the current mapping may produce more events.
        pairs = zip(part, results[name].verdicts, strict=False)
        verdicts |= {event.id: verdict for event, verdict in pairs}
    return AcceptResult(
        first.receipt,
        all(result.repeated for result in results.values()),
        tuple(verdicts[event.id] for event in events if event.id in verdicts),
        first.rejections,
    )
