"""Erasures as an administrator sees them: what one would find, how far one is, and its signed report."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from relay.core.errors import Problem, ValidationFailed
from relay.core.lifecycle import State
from relay.core.personal_data import person_from_email, person_from_phone
from relay.core.signed_document import Signer
from relay.core.timestamps import format_timestamp
from relay.store.erasures import (
    MAX_NAMED_EVENTS,
    NO_REWRITE_NEEDED,
    REWRITE_STARTED,
    ErasedEvent,
    ErasurePart,
    list_erasures_in_all_stores,
    preview_erasure_in_all_stores,
    read_erased_events_in_all_stores,
    read_erasure_parts,
)
from relay.store.stores import Stores

RUNNING, DONE = "running", "done"

_READERS = {"email": person_from_email, "phone": person_from_phone}

GONG_KEEPS_ITS_COPY = (
    "Gong has what was delivered before. Ask Gong to erase it there: POST /v2/data-privacy/erase-data-for-email-address "
    "or /v2/data-privacy/erase-data-for-phone-number, with a key that has the scope api:data-privacy:delete. `events` "
    "names Gong's request of each."
)
_OUT_OF_REACH = (
    "Backups and snapshots of the store, and logs that were collected from standard output, are not reached: let them run "
    "out, or delete them. The relay's own logs hold no payload."
)
_NOT_REWRITTEN = (
    "The append-only file of the store {store} was not written anew ({why}), and holds what was erased until it is: run "
    "BGREWRITEAOF there."
)


def read_erasure_request(told: Any) -> tuple[str, str, bool]:
    """`{email}` or `{phone}`, and perhaps `dry_run`, from JSON: what it was told by, the person, whether it is a trial.

    Raises ValidationFailed with everything that is wrong.
    """
    if not isinstance(told, dict):
        raise ValidationFailed(
            [Problem("", "type", 'must be a JSON object, such as {"email": "jane@globex.com"}')]
        )
    problems = [
        Problem(str(name)[:80], "unknown", "is no key here; known: email, phone, dry_run")
        for name in told
        if name not in {*_READERS, "dry_run"}
    ]
    if not isinstance(told.get("dry_run", False), bool):
        problems.append(Problem("dry_run", "type", "is true or false"))
    given = [kind for kind in _READERS if told.get(kind) is not None]
    if len(given) != 1:
        problems.append(Problem("email", "required", "give email or phone, and one of them only"))
    found = [_read(kind, told[kind], problems) for kind in given]
    if problems:
        raise ValidationFailed(problems)
    return given[0], found[0], told.get("dry_run", False)


def _read(kind: str, value: Any, problems: list[Problem]) -> str:
    if not isinstance(value, str):
        problems.append(Problem(kind, "type", "must be a text"))
        return ""
    try:
        return _READERS[kind](value)
    except ValueError as error:
        problems.append(Problem(kind, "format", str(error)))
        return ""


def erasure_preview_page(stores: Stores, person: str) -> dict[str, Any]:
    """`{dry_run, stores: [{store, person, events, receipts, truncated}…]}`: what an erasure would find."""
    parts = [
        {"store": store, "person": mark, "events": _counts(told.counts), "receipts": told.receipts}
        | {"truncated": told.at_least}
        for store, mark, told in preview_erasure_in_all_stores(stores, person)
    ]
    return {"dry_run": True, "stores": parts}


def erasures_page(stores: Stores) -> dict[str, Any]:
    """`{erasures: […]}`: the newest fifty, newest first."""
    return {"erasures": [_summary(parts) for parts in list_erasures_in_all_stores(stores)]}


def erasure_page(stores: Stores, erasure_id: str, signer: Signer) -> dict[str, Any]:
    """One erasure, with its report: signed once it is done. Raises NotFound."""
    parts = read_erasure_parts(stores, erasure_id)
    summary = _summary(parts)
    gone = read_erased_events_in_all_stores(stores, erasure_id)
    report = summary | {
        "events": [_gone(one) for one in gone[:MAX_NAMED_EVENTS]],
        "limitations": _not_possible(parts, gone),
    }
    return signer.sign(report) if summary["status"] == DONE else report | {"signature": None}


def _summary(parts: Sequence[ErasurePart]) -> dict[str, Any]:
    first = parts[0].record
    ends = [part.record.ended_at for part in parts]
    ended = [end for end in ends if end is not None]
    counts: Counter[State] = sum((Counter(part.record.counts) for part in parts), Counter())
    return {
        "id": first.erasure.id,
        "status": DONE if len(ended) == len(ends) else RUNNING,
        "identified_by": first.erasure.kind,
        "requested_by": first.erasure.requested_by,
        "requested_at": format_timestamp(first.requested_at),
        "ended_at": _latest(ended) if len(ended) == len(ends) else None,
        "erased": counts.total(),
        "pending_events": sum(part.record.waiting for part in parts if part.record.ended_at is None),
        "stores": [_part(part) for part in parts],
    }


def _latest(moments: Sequence[datetime]) -> str:
    return format_timestamp(max(moments))


def _part(part: ErasurePart) -> dict[str, Any]:
    record = part.record
    return {
        "store": part.store,
        "person": record.erasure.mark.hex(),
        "status": RUNNING if record.ended_at is None else DONE,
        "events": _counts(record.counts),
        "receipts": record.receipts,
    }


def _counts(counts: Mapping[State, int]) -> dict[str, int]:
    return {str(state): counts[state] for state in State if counts.get(state)}


def _gone(one: ErasedEvent) -> dict[str, Any]:
    return {
        "id": one.id,
        "state": one.state_before,
        "destination": one.destination,
        "request_id": one.request_id or None,
    }


def _not_possible(parts: Sequence[ErasurePart], gone: Sequence[ErasedEvent]) -> list[str]:
    """What the relay cannot do itself, with the remedy."""
    has_it = any(one.state_before in {State.DELIVERED, State.DUPLICATE} for one in gone)
    told = [GONG_KEEPS_ITS_COPY] if has_it else []
    told += [
        _NOT_REWRITTEN.format(store=part.store, why=part.record.rewrite)
        for part in parts
        if part.record.ended_at is not None
        and part.record.rewrite not in {REWRITE_STARTED, NO_REWRITE_NEEDED}
    ]
    return [*told, _OUT_OF_REACH]
