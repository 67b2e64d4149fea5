"""Events as an operator sees them: a list of summaries, and one explained from receipt to last attempt."""

from collections.abc import Mapping
from typing import Any

import orjson

from relay.core.call import Operation
from relay.core.errors import Invalid, NotFound, Problem
from relay.core.ids import moment_of
from relay.core.lifecycle import CAUSES, REASONS, Cause, Reason, State
from relay.core.session import Gathered, collapsed
from relay.store.connection import Client
from relay.store.delivery import gathered_from
from relay.store.events import SUMMARY, Filter, read_receipt
from relay.store.everywhere import find_event, list_everywhere
from relay.store.moments import moment_from
from relay.store.queues import read_depths
from relay.store.stores import Stores

_MOST_LISTED = 500
_NUMBERS = frozenset({"attempts", "replays"})


def read_filter(told: Mapping[str, str]) -> Filter:
    """A filter from query parameters. Raises Invalid with every parameter that is wrong."""
    status = told.get("status")
    if status is not None and status not in set(State):
        names = ", ".join(State)
        raise Invalid([Problem("status", "enum", f"{status!r} is no status. One of: {names}.")])
    return Filter(
        destination=told.get("destination"),
        source=told.get("source"),
        status=State(status) if status else None,
        event_id=told.get("event_id"),
        request_id=told.get("request_id"),
    )


def events_page(
    stores: Stores, wanted: Filter, *, limit: int = 50, cursor: str | None = None
) -> dict[str, Any]:
    """`{events: [summary…], cursor}`, newest first. `cursor` is null on the last page."""
    if not 1 <= limit <= _MOST_LISTED:
        raise Invalid([Problem("limit", "range", f"limit must be from 1 to {_MOST_LISTED}.")])
    if cursor is not None and not _is_id(cursor):
        raise Invalid([Problem("cursor", "format", "cursor must be the one that the page before gave.")])
    page = list_everywhere(stores, wanted, limit=limit, cursor=cursor)
    return {"events": [_summary(event) for event in page.events], "cursor": page.cursor}


def _is_id(text: str) -> bool:
    try:
        moment_of(text)
    except ValueError:
        return False
    return True


def _summary(fields: Mapping[str, str]) -> dict[str, Any]:
    told = {name: _value(name, value) for name, value in fields.items() if value != ""}
    told["status"] = told.pop("state")
    return told


def _value(name: str, value: str) -> str | int:
    if name.endswith("_at"):
        return _moment(value)
    return int(value) if name in _NUMBERS else value


def _moment(microseconds: str | bytes) -> str:
    return moment_from(microseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event_page(stores: Stores, event_id: str) -> dict[str, Any]:
    """One event, explained: where it came from, the call it became, every attempt, and what happens next.

    Raises NotFound when there is none of this id.
    """
    found = find_event(stores, event_id)
    if found is None:
        text = f"There is no event {event_id}: the id is wrong, or its record was pruned after it ended."
        raise NotFound("no_such_event", text)
    redis, record = found[0].redis, found[1]
    receipt = read_receipt(redis, record["receipt"].decode())
    fields = {name: value.decode() for name, value in record.items() if name in _SHOWN}
    gathered = gathered_from([record.get(name) for name in ("gathered", "first_at", "last_at", "collapse")])
    page = {"id": event_id} | _summary(fields) | _session(record, gathered)
    page["next"] = _next(redis, page)
    page["warnings"] = orjson.loads(record.get("warnings", b"[]"))
    if "problems" in record:
        page["problems"] = orjson.loads(record["problems"])
    page["call"] = _call(record, gathered)
    page["tries"] = _tries(record)
    page["receipt"] = _receipt(record, receipt)
    return page


_SHOWN = frozenset({*SUMMARY, "replayed_at", "rule"})


def _session(record: Mapping[str, bytes], gathered: Gathered | None) -> dict[str, Any]:
    """`gathered`: how many events this one stands for, from when to when. `into`: the one that stands for this."""
    if "into" in record:
        return {"into": record["into"].decode()}
    if gathered is None:
        return {}
    moments = {name: _moment(record[name]) for name in ("first_at", "last_at")}
    return {"gathered": {"events": gathered.count} | moments | {"until": _moment(record["gathers_until"])}}


def _call(record: Mapping[str, bytes], gathered: Gathered | None) -> dict[str, Any] | None:
    """The call as it is sent: with all that it stands for by now."""
    if "operation" not in record:
        return None
    operation, body = Operation(record["operation"].decode()), orjson.loads(record["body"])
    told = collapsed(operation, body, gathered) if gathered else body
    return {"method": operation.method, "path": operation.path, "body": told}


def _tries(record: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Every attempt that is on record, in order: the last fifty, throttled ones among them."""
    numbers = sorted(int(name.removeprefix("try:")) for name in record if name.startswith("try:"))
    return [orjson.loads(record[f"try:{number}"]) for number in numbers]


def _receipt(record: Mapping[str, bytes], receipt: Mapping[str, bytes] | None) -> dict[str, Any] | None:
    if receipt is None:
        return None
    return {
        "id": record["receipt"].decode(),
        "received_at": _moment(record["received_at"]),
        "key": receipt["key_id"].decode(),
        "content_type": receipt["content_type"].decode(),
        "bytes": len(receipt["raw"]),
        "item": int(record["item"]),
    }


_NEXT: Mapping[State, str] = {
    State.GATHERING: "It gathers the events of its session, and is queued when that has been quiet for a while, "
    "at {gathered[until]} at the latest.",
    State.QUEUED: "It is sent as soon as its company's budget allows.",
    State.SENDING: "A worker is sending it now. If that worker dies, another takes over within a minute.",
    State.WAITING: "Gong did not take it; it is tried again at {due_at}.",
    State.DELIVERED: "Nothing: Gong has accepted it.",
    State.DUPLICATE: "Nothing: Gong had this eventId before we sent it.",
    State.FILTERED: "Nothing: it is not meant for Gong.",
    State.COLLAPSED: "Nothing: Gong is told of it by event {into}, which stands for the whole session.",
    State.DISCARDED: "Nothing, unless an operator replays it.",
}


def _next(redis: Client, page: Mapping[str, Any]) -> str:
    """What happens next, in one sentence."""
    state = State(page["status"])
    if state is State.HELD:
        return _held(redis, page["destination"])
    if state is State.DEAD:
        return REASONS[Reason(page["reason"])]
    return _NEXT[state].format_map(page)


def _held(redis: Client, destination: str) -> str:
    hold = read_depths(redis, [destination])[0].hold
    if hold is None:
        return "Its destination's hold has just ended: it is being queued."
    cause = CAUSES[Cause(hold.cause)]
    return f"Its destination {destination} is on hold. {cause} The event is sent when the hold ends."
