"""Taking a partner's own payload in: read, map, one atomic step in the store. What cannot be mapped is kept as a dead letter."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from relay.core.errors import Problem, RelayError
from relay.core.ids import ENTROPY_BYTES, generate_ids
from relay.core.lifecycle import DeadLetterReason, State
from relay.core.mapping.engine import build_scope, fail_payload, map_payload
from relay.core.mapping.event_ids import hash_event_id
from relay.core.mapping.problems import EventProblemCode
from relay.core.mapping.result import MappingResult, ResultStatus
from relay.core.mapping.routing import Router, make_dedupe_key
from relay.core.payloads import Payload, read_body
from relay.core.personal_data import REQUEST_MAX, add_people_of_json, find_people
from relay.core.source import Source
from relay.core.verification.verify import VerifiedRequest as Proof
from relay.core.webhook import Webhook
from relay.ingest.accept_events import IngestContext
from relay.ingest.persist import persist
from relay.store.accept import NewEvent, Receipt, Verdict


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """One verified request of a partner's. Header names are lower case."""

    source: Source
    hook: Webhook
    raw: bytes
    content_type: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    proof: Proof


@dataclass(frozen=True, slots=True)
class WebhookResult:
    """What became of a delivery: its receipt, and how many events went which way."""

    receipt: str
    queued: int
    duplicates: int
    filtered: int
    dead: int


def ingest_webhook(intake: IngestContext, delivery: WebhookRequest) -> WebhookResult:
    """Keep a delivery and queue what it becomes. Raises Unavailable, or Conflict when a signature comes with another body."""
    now = intake.now()
    mapped = map_webhook(delivery, intake.router(delivery.source, for_rules=True), now=now)
    receipt_id, *ids = generate_ids(now, os.urandom(ENTROPY_BYTES), len(mapped) + 1)
    events = list(_events(delivery.source, mapped, ids))
    receipt = _receipt(receipt_id, delivery)
    accepted = persist(intake.stores, receipt, events, now=now, retention=intake.retention)
    kinds = Counter(_kind(told) for told in accepted.verdicts)
    return WebhookResult(
        accepted.receipt, kinds["queued"], kinds["duplicates"], kinds["filtered"], kinds["dead"]
    )


def _kind(verdict: Verdict) -> str:
    """What waits with its session is on its way to Gong like what is queued."""
    if verdict.duplicate:
        return "duplicates"
    return State.QUEUED if verdict.status in {State.AGGREGATING, State.AGGREGATED} else verdict.status


def map_webhook(delivery: WebhookRequest, router: Router, *, now: datetime) -> tuple[MappingResult, ...]:
    """What each item of a delivery becomes. A body that cannot be read is one dead item. Never raises."""
    try:
        body = read_body(delivery.raw, delivery.content_type, delivery.hook.body_format)
    except RelayError as error:
        event_id = hash_event_id(delivery.source.name, delivery.raw.decode("utf-8", "surrogateescape"))
        scope = build_scope(Payload(None, delivery.headers, delivery.query), delivery.source.name, now)
        dead = fail_payload(Problem("", error.code, error.detail), event_id, scope=scope, route=router)
        return (replace(dead, people=find_people(delivery.raw)),)
    payload = Payload(body, delivery.headers, delivery.query)
    return map_payload(
        delivery.hook.mapping, payload, source=delivery.source, destination=router, received_at=now
    )


def read_payload(delivery: WebhookRequest) -> Payload:
    """What a source's own answer may take from the request; the body is None where it cannot be read."""
    try:
        body = read_body(delivery.raw, delivery.content_type, delivery.hook.body_format)
    except RelayError:
        body = None
    return Payload(body, delivery.headers, delivery.query)


def _receipt(receipt_id: str, delivery: WebhookRequest) -> Receipt:
    """A proof that was seen before brings the first answer back: a true retry loses nothing, a replay gains nothing."""
    replay = delivery.proof.replay_guard
    headers, query = orjson.dumps(delivery.headers), orjson.dumps(delivery.query)
    return Receipt(
        id=receipt_id,
        source=delivery.source.name,
        raw=delivery.raw,
        content_type=delivery.content_type,
        key_id=delivery.proof.key_id,
        idempotency_key=f"proof:{replay.id}" if replay else None,
        remember_seconds=replay.seconds if replay else 1,
        headers=headers,
        query=query,
        people=find_people(delivery.raw, headers, query, most=REQUEST_MAX),
        mapping=delivery.hook.mapping.version,
    )


def _events(source: Source, mapped: Sequence[MappingResult], ids: Sequence[str]) -> Iterator[NewEvent]:
    parts: Counter[int] = Counter()
    for each, event_id in zip(mapped, ids, strict=True):
        yield NewEvent(
            id=event_id,
            event_id=each.event_id,
            destination=each.destination.name,
            company=each.destination.company,
            type=each.rule or "unmapped",
            item=each.index,
            call=each.call,
            warnings=_as_json(each.warnings),
            reason=each.filter_reason or "; ".join(_said(problem) for problem in each.problems),
            dedupe_name=make_dedupe_key(source.name, each.account, each.event_id),
            rule=each.rule,
            problems=_as_json(each.problems) if each.status is ResultStatus.DEAD else b"",
            part=parts[each.index],
            dead_letter_reason=_dead_as(each),
            priority=each.priority,
            session=each.session,
            store=each.destination.store,
            people=add_people_of_json(each.people, each.draft.body) if each.draft else each.people,
            happened_at=each.draft.happened_at if each.draft else None,
        )
        parts[each.index] += 1


def _dead_as(mapped: MappingResult) -> DeadLetterReason:
    codes = {problem.code for problem in mapped.problems}
    return (
        DeadLetterReason.NO_DESTINATION
        if codes == {EventProblemCode.NO_DESTINATION}
        else DeadLetterReason.MAPPING_FAILED
    )


def _as_json(problems: Sequence[Problem]) -> bytes:
    return orjson.dumps([problem.as_dict() for problem in problems]) if problems else b""


def _said(problem: Problem) -> str:
    return f"{problem.path}: {problem.message}" if problem.path else problem.message
