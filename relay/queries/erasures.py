"""Erasures for display: previews, progress and signed reports."""

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

_PERSON_PARSERS = {"email": person_from_email, "phone": person_from_phone}

GONG_KEEPS_ITS_COPY = (
    "Gong still has the events that were delivered. Ask Gong to erase them: POST /v2/data-privacy/erase-data-for-email-address "
    "or /v2/data-privacy/erase-data-for-phone-number, with a key that has the scope api:data-privacy:delete. `events` "
    "has Gong's request ID of each."
)
_BACKUPS_REMAIN = (
    "The erasure does not reach backups and snapshots of the store, or logs collected elsewhere: let them expire, or "
    "delete them. The relay's own logs contain no payload."
)
_NOT_REWRITTEN = (
    "The append-only file of the store {store} was not rewritten ({reason}) and still contains the erased data: run "
    "BGREWRITEAOF there."
)


def read_erasure_request(body: Any) -> tuple[str, str, bool]:
    """Parse `{email}` or `{phone}`, optionally with `dry_run`.

    Returns the kind of identifier, the person and the dry-run flag. Raises ValidationFailed with every problem.
    """
    if not isinstance(body, dict):
        raise ValidationFailed(
            [Problem("", "type", 'must be a JSON object, such as {"email": "jane@globex.com"}')]
        )
    problems = [
        Problem(str(name)[:80], "unknown", "is not a known key; use email or phone, and dry_run")
        for name in body
        if name not in {*_PERSON_PARSERS, "dry_run"}
    ]
    if not isinstance(body.get("dry_run", False), bool):
        problems.append(Problem("dry_run", "type", "must be true or false"))
    kinds = [kind for kind in _PERSON_PARSERS if body.get(kind) is not None]
    if len(kinds) != 1:
        problems.append(Problem("email", "required", "give either email or phone"))
    people = [_parse_person(kind, body[kind], problems) for kind in kinds]
    if problems:
        raise ValidationFailed(problems)
    return kinds[0], people[0], body.get("dry_run", False)


def _parse_person(kind: str, value: Any, problems: list[Problem]) -> str:
    if not isinstance(value, str):
        problems.append(Problem(kind, "type", "must be text"))
        return ""
    try:
        return _PERSON_PARSERS[kind](value)
    except ValueError as error:
        problems.append(Problem(kind, "format", str(error)))
        return ""


def erasure_preview_page(stores: Stores, person: str) -> dict[str, Any]:
    """Return `{dry_run, stores: [{store, person, events, receipts, truncated}…]}`: what an erasure would erase."""
    parts = [
        {
            "store": store,
            "person": mark,
            "events": _render_counts(preview.counts),
            "receipts": preview.receipts,
            "truncated": preview.at_least,
        }
        for store, mark, preview in preview_erasure_in_all_stores(stores, person)
    ]
    return {"dry_run": True, "stores": parts}


def erasures_page(stores: Stores) -> dict[str, Any]:
    """Return `{erasures: […]}`: the latest fifty, newest first."""
    return {"erasures": [_render_summary(parts) for parts in list_erasures_in_all_stores(stores)]}


def erasure_page(stores: Stores, erasure_id: str, signer: Signer) -> dict[str, Any]:
    """Return the report of an erasure, signed once it is done. Raises NotFound."""
    parts = read_erasure_parts(stores, erasure_id)
    summary = _render_summary(parts)
    erased = read_erased_events_in_all_stores(stores, erasure_id)
    report = summary | {
        "events": [_render_erased_event(event) for event in erased[:MAX_NAMED_EVENTS]],
        "limitations": _list_limitations(parts, erased),
    }
    return signer.sign(report) if summary["status"] == DONE else report | {"signature": None}


def _render_summary(parts: Sequence[ErasurePart]) -> dict[str, Any]:
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
        "ended_at": _format_latest(ended) if len(ended) == len(ends) else None,
        "erased": counts.total(),
        "pending_events": sum(part.record.waiting for part in parts if part.record.ended_at is None),
        "stores": [_render_part(part) for part in parts],
    }


def _format_latest(timestamps: Sequence[datetime]) -> str:
    return format_timestamp(max(timestamps))


def _render_part(part: ErasurePart) -> dict[str, Any]:
    record = part.record
    return {
        "store": part.store,
        "person": record.erasure.mark.hex(),
        "status": RUNNING if record.ended_at is None else DONE,
        "events": _render_counts(record.counts),
        "receipts": record.receipts,
    }


def _render_counts(counts: Mapping[State, int]) -> dict[str, int]:
    return {str(state): counts[state] for state in State if counts.get(state)}


def _render_erased_event(event: ErasedEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "state": event.state_before,
        "destination": event.destination,
        "request_id": event.request_id or None,
    }


def _list_limitations(parts: Sequence[ErasurePart], erased: Sequence[ErasedEvent]) -> list[str]:
    """Return what the relay cannot erase itself, each with its remedy."""
    delivered = any(event.state_before in {State.DELIVERED, State.DUPLICATE} for event in erased)
    limitations = [GONG_KEEPS_ITS_COPY] if delivered else []
    limitations += [
        _NOT_REWRITTEN.format(store=part.store, reason=part.record.rewrite)
        for part in parts
        if part.record.ended_at is not None
        and part.record.rewrite not in {REWRITE_STARTED, NO_REWRITE_NEEDED}
    ]
    return [*limitations, _BACKUPS_REMAIN]
