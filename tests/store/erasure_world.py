"""Helpers of the erasure tests: events with a person's data in every state, and erasures run as a worker runs them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from relay.actions.erasure_job import ErasureContext, step
from relay.core.lifecycle import DeadLetterReason, HoldCause, State
from relay.core.personal_data import add_people_of_json, find_people
from relay.core.visit_session import VisitSession
from relay.store.accept import AcceptOptions, AcceptResult, NewEvent, Retention, accept
from relay.store.delivery import Retry, Settlement, dead_letter, end_event, finish, hold_event, retry_later
from relay.store.engine import keys
from relay.store.erasures import Erasure, start_erasure
from relay.store.events import discard_event, read_event
from relay.store.stores import Store
from tests.store_world import NOW, event, new_id, receipt, take_events

JANE = "jane.doe@globex.example"
BODY = {
    "eventId": "web:1",
    "timestamp": "2026-11-20T10:00:00Z",
    "person": {"email": "Jane.Doe@Globex.example"},
}
RAW = b'{"id": "1", "person": {"email": "Jane.Doe@Globex.example"}, "more": "%s"}' % (b"x" * 100)
JOES_RAW = b'{"id": "2", "person": {"email": "joe@globex.example"}}'


def event_about(native: str, email: str = JANE, **fields: object) -> NewEvent:
    """An event that contains a person's data."""
    new_event = event(native)
    call = (
        replace(new_event.call, body=BODY | {"eventId": f"web:{native}", "person": {"email": email}})
        if new_event.call
        else None
    )
    people = add_people_of_json((email,), call.body if call else {})
    return replace(new_event, call=call, people=people, happened_at=NOW - timedelta(hours=1), **fields)  # type: ignore[arg-type]


def accept_request(store: Store, *events: NewEvent, raw: bytes = RAW, **fields: str | bytes) -> AcceptResult:
    on = replace(receipt(raw, **fields), people=find_people(raw, *(str(value) for value in fields.values())))
    return accept(store.scripts, on, events, now=NOW, options=AcceptOptions(Retention(), store.people))


def begin_erasure(store: Store, person: str = JANE) -> Erasure:
    erasure = Erasure(new_id(), store.people.mark(person), "email", "admin")
    start_erasure(store.scripts, erasure, dedupe_seconds=3600, now=NOW)
    return erasure


def run_step(store: Store) -> list[str]:
    store.redis.delete(keys.ERASURES_LOCK)
    return step(ErasureContext(store, lambda: datetime.now(UTC), 600, 600))


def erase(store: Store, person: str = JANE) -> str:
    erasure = begin_erasure(store, person)
    assert run_step(store) == [erasure.id]
    return erasure.id


def state_of(store: Store, event_id: str) -> str:
    return read_event(store.redis, event_id)["state"].decode()


def settle(store: Store, settlement: Settlement) -> None:
    [leased] = take_events(store.scripts)
    assert finish(store.scripts, leased, settlement)


def make_queued(store: Store) -> None:
    accept_request(store, event_about("1"))


def make_aggregating(store: Store) -> None:
    accept_request(store, event_about("1", session=VisitSession(("web", JANE), NOW)))


def make_retrying(store: Store) -> None:
    make_queued(store)
    settle(
        store,
        retry_later(Retry(seconds=600.0, error=f"502 for {JANE}"), record=f'{{"detail": "{JANE}"}}'.encode()),
    )


def make_on_hold(store: Store) -> None:
    make_queued(store)
    settle(store, hold_event(HoldCause.FORBIDDEN, f"not for {JANE}", record=b"{}", probe_seconds=600))


def make_dead(store: Store) -> None:
    make_queued(store)
    settle(
        store,
        dead_letter(
            DeadLetterReason.REJECTED, f"person.email: {JANE} is taken", record=b"{}", keep_seconds=600
        ),
    )


def make_unmapped(store: Store) -> None:
    accept_request(
        store,
        replace(event_about("1"), call=None, problems=b'[{"m": "%s"}]' % JANE.encode(), reason=f"no {JANE}"),
    )


def make_delivered(store: Store) -> None:
    make_queued(store)
    settle(store, end_event(State.DELIVERED, "request-1", record=b"{}", keep_seconds=600))


def make_duplicate(store: Store) -> None:
    make_queued(store)
    settle(store, end_event(State.DUPLICATE, "request-1", record=b"{}", keep_seconds=600))


def make_filtered(store: Store) -> None:
    accept_request(
        store, replace(event_about("1"), call=None, reason=f"{JANE} belongs to an internal domain")
    )


def make_aggregated(store: Store) -> None:
    session = VisitSession(("web", JANE), NOW)
    accept_request(store, event_about("1", session=session))
    accept_request(store, event_about("2", session=session), raw=RAW.replace(b'"1"', b'"2"'))


def make_discarded(store: Store) -> None:
    [verdict] = accept_request(store, event_about("1")).verdicts
    discard_event(store.scripts, verdict.id, keep_seconds=600, keep_data=True)


MAKE_EVENT: dict[State, Callable[[Store], None]] = {
    State.AGGREGATING: make_aggregating,
    State.QUEUED: make_queued,
    State.RETRYING: make_retrying,
    State.ON_HOLD: make_on_hold,
    State.DEAD: make_dead,
    State.DELIVERED: make_delivered,
    State.DUPLICATE: make_duplicate,
    State.FILTERED: make_filtered,
    State.AGGREGATED: make_aggregated,
    State.DISCARDED: make_discarded,
}
