"""Keeping a receipt in the stores of its events: in each of them in one step, all of its part or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from relay.core.destination import MAIN_STORE
from relay.store.accept import AcceptOptions, AcceptResult, NewEvent, Receipt, Retention, Verdict, accept
from relay.store.stores import Stores
from relay.tracing.spans import SpanRole, annotate, span


def persist(
    stores: Stores, receipt: Receipt, events: Sequence[NewEvent], *, now: datetime, retention: Retention
) -> AcceptResult:
    """Keep the receipt and queue its events, each where its company is.

    Raises what `accept` raises, and Unavailable where a store that it needs is nearly full. Where events are in several
    stores, those before the one that failed have kept their parts: the request sent again finds them as duplicates.
    """
    parts = _parts(stores, events)
    for name in parts:
        stores.get(name).watermark.check()
    answers: dict[str, AcceptResult] = {}
    for name, part in parts.items():
        store = stores.get(name)
        with span("accept", SpanRole.PRODUCER):
            annotate(messaging__system="rq", relay__store=name, relay__events=len(part))
            answer = accept(
                store.scripts, receipt, part, now=now, options=AcceptOptions(retention, store.people)
            )
        answers[name] = answer
        receipt = replace(receipt, id=answer.receipt)
    return _joined(parts, answers, events)


def _parts(stores: Stores, events: Sequence[NewEvent]) -> Mapping[str, Sequence[NewEvent]]:
    """The events by store, the main one first: the same request goes to the same stores in the same order."""
    names = {event.store for event in events} or {MAIN_STORE}
    if len(names) == 1:
        return dict.fromkeys(names, events)
    return {
        store.name: [event for event in events if event.store == store.name]
        for store in stores
        if store.name in names
    }


def _joined(
    parts: Mapping[str, Sequence[NewEvent]], answers: Mapping[str, AcceptResult], events: Sequence[NewEvent]
) -> AcceptResult:
    """The parts' answers as one, its verdicts in the order of the events."""
    first = next(iter(answers.values()))
    if len(parts) == 1:
        return first
    verdicts: dict[str, Verdict] = {}
    for name, part in parts.items():
        # A first answer is given again as it was: today's mapping may have made more of the same request.
        told = zip(part, answers[name].verdicts, strict=False)
        verdicts |= {event.id: verdict for event, verdict in told}
    return AcceptResult(
        first.receipt,
        all(answer.repeated for answer in answers.values()),
        tuple(verdicts[event.id] for event in events if event.id in verdicts),
        first.rejections,
    )
