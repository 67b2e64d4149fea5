"""Replays, and what they would do, as an operator sees them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from relay.core.redaction import PayloadVisibility, apply_visibility, redact_sentence
from relay.core.replay import ReplayStage
from relay.store.replays import ReplayRecord, list_replays_in_all_stores, read_replay_in_all_stores
from relay.store.stores import Stores


def replays_page(stores: Stores, *, now: datetime) -> dict[str, Any]:
    """`{replays: […]}`: the newest fifty, newest first."""
    return {"replays": [_replay(record, now) for record in list_replays_in_all_stores(stores)]}


def replay_page(stores: Stores, replay_id: str, *, now: datetime) -> dict[str, Any]:
    """One replay: what was asked for, how far it is, what it waits for. Raises NotFound."""
    return _replay(read_replay_in_all_stores(stores, replay_id), now)


def _replay(record: ReplayRecord, now: datetime) -> dict[str, Any]:
    return {
        "id": record.id,
        "status": record.stage,
        "filter": record.replay.filter.as_dict(),
        "remap": record.replay.remap,
        "limit": record.replay.limit,
        **record.counts,
        "per_second": _rate(record, now),
        "waiting_for": record.waiting_for or None,
        "problems": [
            each | {"detail": redact_sentence(each["detail"])} for each in map(dict, record.problems)
        ],
        "created_at": _text(record.created_at),
        "started_at": _text(record.started_at),
        "ended_at": _text(record.ended_at),
    }


def _rate(record: ReplayRecord, now: datetime) -> float | None:
    """Events queued a second, from its first to its last or to now."""
    if record.started_at is None:
        return None
    seconds = ((record.ended_at or now) - record.started_at).total_seconds()
    return round(record.counts["replayed"] / max(seconds, 1.0), 2)


def has_ended(page: dict[str, Any]) -> bool:
    """Whether a replay has ended, by its page."""
    return page["status"] in {ReplayStage.DONE, ReplayStage.CANCELLED}


def dry_run_page(told: Mapping[str, Any], sight: PayloadVisibility) -> dict[str, Any]:
    """What a dry run has told, its examples as far as the viewer sees payloads."""
    return dict(told) | {"examples": [_example(each, sight) for each in told["examples"]]}


def _example(told: Mapping[str, Any], sight: PayloadVisibility) -> dict[str, Any]:
    shown = dict(told)
    if sight is PayloadVisibility.PLAIN:
        return shown
    if "detail" in shown:
        shown["detail"] = redact_sentence(shown["detail"])
    if "problem" in shown:
        shown["problem"] = shown["problem"] | {"detail": redact_sentence(shown["problem"]["detail"])}
    if "call" in shown:
        shown["call"] = shown["call"] | {"body": apply_visibility(shown["call"]["body"], sight)}
    return shown


def _text(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
