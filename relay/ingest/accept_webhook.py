"""Accept a partner's webhook: read and map its payload, and store the events in one step.

An item that cannot be mapped becomes a dead letter; it does not fail the request.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from relay.core.compute import work_of
from relay.core.errors import Problem, RelayError, TooLarge
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
from relay.core.verification.verify import VerifiedRequest
from relay.core.webhook import Webhook
from relay.ingest.accept_events import IngestContext
from relay.ingest.persist import persist
from relay.store.accept import NewEvent, Receipt, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """One verified request of a partner, without its credentials. Header names are in lower case."""

    source: Source
    webhook: Webhook
    raw: bytes
    content_type: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    verified: VerifiedRequest
    sent: bytes | None = None
    """The body as it was sent, with its credentials; None if it equals `raw`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookResult:
    """The result of a webhook: the id of its receipt, and the number of its events by what became of them."""

    receipt: str
    queued: int
    duplicates: int
    filtered: int
    dead: int


def ingest_webhook(ctx: IngestContext, request: WebhookRequest) -> WebhookResult:
    """Store a webhook and its events.

    Raises TooLarge if its body cannot be read and is larger than `ctx.max_unreadable_bytes`, Conflict if a known signature
    has another body, TooManyRequests, and Unavailable.
    """
    now, work = ctx.now(), work_of(request.raw)
    with ctx.admit(request.source.name, work):
        receipt, events = ctx.compute(work, lambda: _build(ctx, request, now))
        accepted = persist(ctx.stores, receipt, events, now=now, options=ctx.accept_options)
    counts = Counter(_count_as(verdict) for verdict in accepted.verdicts)
    return WebhookResult(
        receipt=accepted.receipt,
        queued=counts["queued"],
        duplicates=counts["duplicates"],
        filtered=counts["filtered"],
        dead=counts["dead"],
    )


def _build(ctx: IngestContext, request: WebhookRequest, now: datetime) -> tuple[Receipt, Sequence[NewEvent]]:
    router = ctx.router(request.source, for_rules=True)
    mapped = map_webhook(request, router, now=now, max_unreadable_bytes=ctx.max_unreadable_bytes)
    receipt_id, *ids = generate_ids(now, os.urandom(ENTROPY_BYTES), len(mapped) + 1)
    return _build_receipt(receipt_id, request), list(_build_events(request.source, mapped, ids))


def _count_as(verdict: Verdict) -> str:
    if verdict.duplicate:
        return "duplicates"
    # An event that waits for the end of its session will reach Gong like a queued one.
    return State.QUEUED if verdict.status in {State.AGGREGATING, State.AGGREGATED} else verdict.status


def map_webhook(
    request: WebhookRequest, router: Router, *, now: datetime, max_unreadable_bytes: int | None = None
) -> tuple[MappingResult, ...]:
    """Map every item of a webhook. A body that cannot be read yields one dead item.

    Raises TooLarge if such a body is larger than `max_unreadable_bytes`; with None, it raises nothing.
    """
    try:
        body = read_body(request.raw, request.content_type, request.webhook.body_format)
    except RelayError as error:
        # It is refused rather than cut: after a 2xx, nothing of a request may be lost.
        if max_unreadable_bytes is not None and len(request.raw) > max_unreadable_bytes:
            raise _unreadable_error(error, max_unreadable_bytes) from None
        # The id is a digest of the bytes, so that the same body sent again is recognized as a duplicate.
        event_id = hash_event_id(request.source.name, request.raw.decode("utf-8", "surrogateescape"))
        scope = build_scope(Payload(None, request.headers, request.query), request.source.name, now)
        dead = fail_payload(Problem("", error.code, error.detail), event_id, scope=scope, route=router)
        # The problem may quote the content type.
        return (replace(dead, people=find_people(request.raw, request.content_type)),)
    payload = Payload(body, request.headers, request.query)
    return map_payload(
        request.webhook.mapping, payload, source=request.source, destination=router, received_at=now
    )


def _unreadable_error(error: RelayError, most: int) -> TooLarge:
    text = (
        f"The body cannot be read ({error.code}), and it is larger than the {most:,} bytes up to which such a body is stored "
        "for the operator. Nothing was stored. Send what the source is configured for, or fix its `read` section."
    )
    return TooLarge("unreadable_body", text)


def read_payload(request: WebhookRequest) -> Payload:
    """Return the payload for a source's custom response; its body is None if it cannot be read."""
    try:
        body = read_body(request.raw, request.content_type, request.webhook.body_format)
    except RelayError:
        body = None
    return Payload(body, request.headers, request.query)


def _build_receipt(receipt_id: str, request: WebhookRequest) -> Receipt:
    # A signature that was used before gets the first response again: a true retry loses nothing, and a
    # replay of a recorded request achieves nothing.
    guard = request.verified.replay_guard
    headers, query = orjson.dumps(request.headers), orjson.dumps(request.query)
    return Receipt(
        id=receipt_id,
        source=request.source.name,
        raw=request.raw,
        content_type=request.content_type,
        key_id=request.verified.key_id,
        idempotency_key=f"proof:{guard.id}" if guard else None,
        # A repeated request has the same bytes, whatever this version removes from them.
        digest=hashlib.sha256(request.sent or request.raw).hexdigest() if guard else "",
        remember_seconds=guard.seconds if guard else 1,
        headers=headers,
        query=query,
        people=find_people(request.raw, headers, query, most=REQUEST_MAX),
        mapping=request.webhook.mapping.version,
        limits=request.source.limits,
    )


def _build_events(source: Source, mapped: Sequence[MappingResult], ids: Sequence[str]) -> Iterator[NewEvent]:
    # One item can become several events: `part` numbers them, so that a replay finds its own again.
    parts: Counter[int] = Counter()
    for result, new_id in zip(mapped, ids, strict=True):
        yield NewEvent(
            id=new_id,
            event_id=result.event_id,
            destination=result.destination.name,
            company=result.destination.company,
            type=result.rule or "unmapped",
            item=result.index,
            call=result.call,
            warnings=_dump_problems(result.warnings),
            reason=result.filter_reason or "; ".join(_render_problem(item) for item in result.problems),
            dedupe_name=make_dedupe_key(source.name, result.account, result.event_id),
            rule=result.rule,
            problems=_dump_problems(result.problems) if result.status is ResultStatus.DEAD else b"",
            part=parts[result.index],
            dead_letter_reason=_find_reason(result),
            priority=result.priority,
            session=result.session,
            store=result.destination.store,
            # A body that failed Gong's checks is stored too and may name people.
            people=add_people_of_json(result.people, result.draft.body) if result.draft else result.people,
            happened_at=result.draft.happened_at if result.draft else None,
        )
        parts[result.index] += 1


def _find_reason(result: MappingResult) -> DeadLetterReason:
    codes = {problem.code for problem in result.problems}
    if codes == {EventProblemCode.NO_DESTINATION}:
        return DeadLetterReason.NO_DESTINATION
    return DeadLetterReason.MAPPING_FAILED


def _dump_problems(problems: Sequence[Problem]) -> bytes:
    return orjson.dumps([problem.as_dict() for problem in problems]) if problems else b""


def _render_problem(problem: Problem) -> str:
    return f"{problem.path}: {problem.message}" if problem.path else problem.message
