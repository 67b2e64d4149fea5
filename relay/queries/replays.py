"""Replays for display: progress, and the results of dry runs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from relay.core.redaction import PayloadVisibility, apply_visibility, redact_sentence
from relay.core.replay import ReplayStage
from relay.queries.events import masked_event_id
from relay.store.replays import ReplayRecord, list_replays_in_all_stores, read_replay_in_all_stores
from relay.store.stores import Stores


def replays_page(stores: Stores, *, now: datetime) -> dict[str, Any]:
    """Return `{replays: […]}`: the latest fifty, newest first."""
    return {"replays": [_render_replay(record, now) for record in list_replays_in_all_stores(stores)]}


def replay_page(stores: Stores, replay_id: str, *, now: datetime) -> dict[str, Any]:
    """Return one replay with its progress. Raises NotFound."""
    return _render_replay(read_replay_in_all_stores(stores, replay_id), now)


def _render_replay(record: ReplayRecord, now: datetime) -> dict[str, Any]:
    return {
        "id": record.id,
        "status": record.stage,
        "filter": record.replay.filter.as_dict(),
        "remap": record.replay.remap,
        "limit": record.replay.limit,
        **record.counts,
        "per_second": _measure_rate(record, now),
        "waiting_for": record.waiting_for or None,
        "problems": [
            problem | {"detail": redact_sentence(problem["detail"])} for problem in map(dict, record.problems)
        ],
        "created_at": _format(record.created_at),
        "started_at": _format(record.started_at),
        "ended_at": _format(record.ended_at),
    }


def _measure_rate(record: ReplayRecord, now: datetime) -> float | None:
    """Return the events queued per second, from the start to the end or now."""
    if record.started_at is None:
        return None
    seconds = ((record.ended_at or now) - record.started_at).total_seconds()
    return round(record.counts["replayed"] / max(seconds, 1.0), 2)


def has_ended(page: dict[str, Any]) -> bool:
    """True if the replay of this page has ended."""
    return page["status"] in {ReplayStage.DONE, ReplayStage.CANCELLED}


def dry_run_page(result: Mapping[str, Any], visibility: PayloadVisibility) -> dict[str, Any]:
    """Return the result of a dry run, with as much of its examples as the viewer may see."""
    return dict(result) | {
        "examples": [_render_example(example, visibility) for example in result["examples"]]
    }


def _render_example(example: Mapping[str, Any], visibility: PayloadVisibility) -> dict[str, Any]:
    row = _choose_id(example, visibility)
    if visibility is PayloadVisibility.PLAIN:
        return row
    if "detail" in row:
        row["detail"] = redact_sentence(row["detail"])
    if "problem" in row:
        row["problem"] = row["problem"] | {"detail": redact_sentence(row["problem"]["detail"])}
    if "call" in row:
        call = _choose_id(row["call"], visibility)
        body = apply_visibility(call["body"], visibility)
        if body is not None and "eventId" in body:
            body = body | {"eventId": call["event_id"]}
        row["call"] = call | {"body": body}
    return row


def _choose_id(row: Mapping[str, Any], visibility: PayloadVisibility) -> dict[str, Any]:
    """Return the row with one eventId: the masked one, unless the viewer may see payloads."""
    rest = {name: value for name, value in row.items() if name != "masked_id"}
    if visibility is PayloadVisibility.PLAIN or "event_id" not in rest:
        return rest
    return rest | {"event_id": masked_event_id(row)}


def _format(timestamp: datetime | None) -> str | None:
    if timestamp is None:
        return None
    return timestamp.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
