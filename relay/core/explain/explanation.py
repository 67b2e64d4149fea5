"""Why an event is, or is not, in Gong, in one plain sentence, with what to do about it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from relay.core.explain.causes import NO_ACTION, EventFacts, Explanation, ExplanationCause, Obstacle
from relay.core.lifecycle import CAUSES, REASONS, DeadLetterReason, HoldCause, State
from relay.core.timestamps import format_timestamp

_COLLEAGUES = ("own people", "own people only")
_UNRULED = "no rule matches it"


def explain(facts: EventFacts) -> Explanation:
    """The one answer to why it is, or is not, in Gong. Total: every state has one."""
    told = _TELLERS[facts.state](facts)
    if facts.repeats:
        times = "once more" if facts.repeats == 1 else f"{facts.repeats} more times"
        told = replace(told, sentence=f"{told.sentence} It came {times}: Gong is told of it once.")
    if facts.ambiguous and told.in_gong is False and facts.state is not State.DISCARDED:
        told = replace(told, in_gong=None)
    return told


def _delivered(facts: EventFacts) -> Explanation:
    request = f", as request {facts.request_id}" if facts.request_id else ""
    sentence = f"It is in Gong: Gong accepted it at {format_timestamp(facts.at)}{request}."
    if not facts.unattributed:
        return Explanation(ExplanationCause.DELIVERED, in_gong=True, sentence=sentence)
    remedy = (
        "Nothing in it tells Gong whose it is, so no timeline shows it: have the mapping send an e-mail address, a CRM "
        "record or the company's domain."
    )
    return Explanation(ExplanationCause.DELIVERED, in_gong=True, sentence=sentence, remedy=remedy)


def _duplicate(facts: EventFacts) -> Explanation:
    sentence = f"Gong had the eventId {facts.event_id} before we sent it: somebody else reported it, and Gong kept theirs."
    remedy = (
        "Look at what Gong shows for it. If another integration sends the same events, end one of the two; if it is "
        "another event under the same id, map an eventId that is unique to this source."
    )
    return Explanation(ExplanationCause.ALREADY_REPORTED, in_gong=True, sentence=sentence, remedy=remedy)


def _collapsed(facts: EventFacts) -> Explanation:
    state = f", which is {facts.carrier_state}" if facts.carrier_state else ""
    sentence = f"It is told of by event {facts.carrier}, which stands for its whole session{state}."
    in_gong = {State.DELIVERED: True, State.DUPLICATE: True, None: None}.get(facts.carrier_state, False)
    remedy = (
        NO_ACTION if in_gong else f"Look at event {facts.carrier}: what becomes of it becomes of this one."
    )
    return Explanation(ExplanationCause.AGGREGATED, in_gong, sentence, remedy)


def _aggregating(facts: EventFacts) -> Explanation:
    latest = f", at {format_timestamp(facts.next_at)} at the latest" if facts.next_at else ""
    sentence = (
        f"It waits for the rest of its session, and is sent when that has been quiet for a while{latest}."
    )
    return Explanation(ExplanationCause.AGGREGATING, in_gong=False, sentence=sentence, next_at=facts.next_at)


def _queued(facts: EventFacts) -> Explanation:
    if facts.hold:
        return _held(facts)
    if facts.obstacle:
        return _hindered(facts.obstacle)
    when = f", at about {format_timestamp(facts.next_at)}" if facts.next_at else ""
    sentence = f"It waits for its turn, and is sent as soon as its company's budget allows{when}."
    return Explanation(ExplanationCause.QUEUED, in_gong=False, sentence=sentence, next_at=facts.next_at)


_OBSTACLES: Mapping[ExplanationCause, tuple[str, str]] = {
    ExplanationCause.DAILY_LIMIT_REACHED: (
        "What its company may send to Gong in a day is spent; it is sent when there is room again{until}.",
        "Wait; or have Gong raise the company's limit and set limits.per_day to it, or move what matters to priority high.",
    ),
    ExplanationCause.RATE_LIMITED: (
        "Gong answered 429: the company's limit is spent, and nothing is sent before its Retry-After has passed{until}.",
        "Nothing needs to be done. If it happens often, other integrations spend of the limit too: lower limits.daily_share.",
    ),
    ExplanationCause.GONG_DOWN: (
        "Gong does not answer{said}; nothing is sent there until one call passes, which is tried again{until}.",
        "Nothing needs to be done: no attempt is spent. If it lasts, look at Gong's status and the worker's way to it.",
    ),
}


def _hindered(obstacle: Obstacle) -> Explanation:
    sentence, remedy = _OBSTACLES[obstacle.cause]
    until = f" at {format_timestamp(obstacle.until)}" if obstacle.until else ""
    said = f" ({obstacle.said})" if obstacle.said else ""
    return Explanation(
        obstacle.cause,
        in_gong=False,
        sentence=sentence.format(until=until, said=said),
        remedy=remedy,
        next_at=obstacle.until,
    )


def _sending(facts: EventFacts) -> Explanation:
    sentence = f"A worker is sending it now, since {format_timestamp(facts.at)}."
    remedy = "Nothing needs to be done. If that worker has died, another takes over within a minute."
    return Explanation(ExplanationCause.SENDING, None, sentence, remedy)


def _waiting(facts: EventFacts) -> Explanation:
    if facts.obstacle and facts.obstacle.cause is ExplanationCause.GONG_DOWN:
        return _hindered(facts.obstacle)
    said = f" ({facts.detail})" if facts.detail else ""
    when = f" at {format_timestamp(facts.next_at)}" if facts.next_at else ""
    sentence = f"Gong did not take it the last time{said}; it is tried again{when}."
    return Explanation(ExplanationCause.RETRYING, in_gong=False, sentence=sentence, next_at=facts.next_at)


_HOLDS: Mapping[HoldCause, str] = {
    HoldCause.PAUSED: "an operator paused it",
    HoldCause.INVALID_CREDENTIALS: "Gong does not accept its access key (401)",
    HoldCause.MISSING_SCOPE: "its credentials lack a scope that the call needs (401)",
    HoldCause.FORBIDDEN: "Gong forbids the call (403), as it does for an address that is not among the key's trusted IPs",
    HoldCause.ENDPOINT_NOT_FOUND: "nothing answers at its base_url (404)",
    HoldCause.REDIRECTED: "Gong points to another host (3xx)",
    HoldCause.NOT_CONFIGURED: "the configuration no longer holds it",
    HoldCause.REAUTHORIZATION_REQUIRED: "its customer has to allow it in Gong anew (401)",
    HoldCause.TOKEN_REFRESH_FAILED: "its access token has run out, and Gong makes no new one just now",
}


def _held(facts: EventFacts) -> Explanation:
    if facts.hold is None:
        sentence = f"The hold of {facts.destination} has just ended: it is being queued."
        return Explanation(ExplanationCause.QUEUED, in_gong=False, sentence=sentence)
    said = f" ({facts.detail})" if facts.detail and facts.hold is not HoldCause.PAUSED else ""
    sentence = f"It waits, for {facts.destination} is on hold: {_HOLDS[facts.hold]}{said}."
    remedy = f"{CAUSES[facts.hold]} The event is sent when the hold ends; nothing is lost."
    return Explanation(
        ExplanationCause(facts.hold), in_gong=False, sentence=sentence, remedy=remedy, next_at=facts.next_at
    )


_DEAD: Mapping[DeadLetterReason, str] = {
    DeadLetterReason.REJECTED: "Gong refused it{detail}.",
    DeadLetterReason.RETRIES_EXHAUSTED: "Gong did not take it within the allowed attempts or age{detail}; it is not tried again by itself.",
    DeadLetterReason.WORKER_CRASHED: "Its worker died again and again while sending it; it is not tried again by itself.",
    DeadLetterReason.BLOCKED: "Gong answered it as if locked out while other calls passed{detail}.",
    DeadLetterReason.MAPPING_FAILED: "The mapping of {source} makes no call of it that Gong would take{detail}. Nothing was sent.",
    DeadLetterReason.NO_DESTINATION: "What it says of its customer leads to no destination{detail}. Nothing was sent.",
}


def _dead(facts: EventFacts) -> Explanation:
    reason = facts.reason or DeadLetterReason.WORKER_CRASHED
    detail = f": {facts.detail.rstrip('.')}" if facts.detail else ""
    sentence = _DEAD[reason].format(detail=detail, source=facts.source)
    return Explanation(ExplanationCause(reason), in_gong=False, sentence=sentence, remedy=REASONS[reason])


def _filtered(facts: EventFacts) -> Explanation:
    if facts.detail.endswith(_COLLEAGUES):
        sentence = f"Gong is not told of your own people: {facts.detail}."
        remedy = f"Nothing, if they are. If not, take their domain out of internal_domains of {facts.destination} and replay it."
        return Explanation(ExplanationCause.INTERNAL_PERSON, in_gong=False, sentence=sentence, remedy=remedy)
    if facts.detail == _UNRULED:
        sentence = f"It was filtered: no rule of {facts.source} holds for it, so Gong is not told."
        remedy = (
            "Nothing, if that is meant. If Gong should have it, add a rule whose `when` holds for it and replay the "
            "filtered events: they are mapped anew."
        )
        return Explanation(ExplanationCause.NO_RULE_MATCHED, in_gong=False, sentence=sentence, remedy=remedy)
    rule = f" by rule {facts.rule}" if facts.rule else ""
    sentence = f"It was filtered{rule}: {facts.detail or 'it is not meant for Gong'}."
    remedy = "Nothing, if that is meant. If Gong should have it, mend the mapping and replay it."
    return Explanation(ExplanationCause.FILTERED, in_gong=False, sentence=sentence, remedy=remedy)


def _discarded(facts: EventFacts) -> Explanation:
    sentence = f"An operator gave it up at {format_timestamp(facts.at)}."
    return Explanation(
        ExplanationCause.DISCARDED,
        in_gong=False,
        sentence=sentence,
        remedy="Replay it, if Gong should have it after all.",
    )


def _erased(facts: EventFacts) -> Explanation:
    sentence = (
        f"The person it was about was erased at {format_timestamp(facts.at)}; nothing of it is kept here."
    )
    if not facts.request_id:
        return Explanation(ExplanationCause.ERASED, in_gong=False, sentence=sentence)
    remedy = f"Gong has had it, as request {facts.request_id}: have the person erased in Gong as well."
    return Explanation(ExplanationCause.ERASED, in_gong=True, sentence=sentence, remedy=remedy)


_TELLERS: Mapping[State, Callable[[EventFacts], Explanation]] = {
    State.AGGREGATING: _aggregating,
    State.QUEUED: _queued,
    State.SENDING: _sending,
    State.RETRYING: _waiting,
    State.ON_HOLD: _held,
    State.DELIVERED: _delivered,
    State.DUPLICATE: _duplicate,
    State.DEAD: _dead,
    State.FILTERED: _filtered,
    State.AGGREGATED: _collapsed,
    State.DISCARDED: _discarded,
    State.ERASED: _erased,
}
