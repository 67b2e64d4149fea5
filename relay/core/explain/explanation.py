"""Explains why an event is, or is not, in Gong: one sentence, and what to do about it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from relay.core.explain.causes import NO_ACTION, EventFacts, Explanation, ExplanationCause, Obstacle
from relay.core.lifecycle import CAUSES, REASONS, DeadLetterReason, HoldCause, State
from relay.core.timestamps import format_timestamp

# How the details of filtered events end; they are written when the event is filtered.
_INTERNAL_PEOPLE = ("own people", "own people only")
_NO_RULE = "no rule matches it"


def explain(facts: EventFacts) -> Explanation:
    """Return the explanation of an event, whatever its state."""
    explanation = _EXPLAINERS[facts.state](facts)
    if facts.repeats:
        times = "once more" if facts.repeats == 1 else f"{facts.repeats} more times"
        sentence = f"{explanation.sentence} The source sent the event {times}; Gong gets it only once."
        explanation = replace(explanation, sentence=sentence)
    # An attempt without a response may have reached Gong. What an operator discarded is no longer looked up.
    if facts.ambiguous and explanation.in_gong is False and facts.state is not State.DISCARDED:
        explanation = replace(explanation, in_gong=None)
    return explanation


def _explain_delivered(facts: EventFacts) -> Explanation:
    request = f" with request id {facts.request_id}" if facts.request_id else ""
    sentence = f"The event is in Gong: Gong accepted it at {format_timestamp(facts.at)}{request}."
    if not facts.unattributed:
        return Explanation(cause=ExplanationCause.DELIVERED, in_gong=True, sentence=sentence)
    remedy = (
        "Gong shows it on no timeline, because nothing in it identifies a person or a company. Have the mapping send an e-mail address, a "
        "CRM record or the company's domain."
    )
    return Explanation(cause=ExplanationCause.DELIVERED, in_gong=True, sentence=sentence, remedy=remedy)


def _explain_duplicate(facts: EventFacts) -> Explanation:
    sentence = f"Gong already had eventId {facts.event_id} from another system, and kept that system's version of the event."
    remedy = (
        "Check what Gong shows for it. If another integration sends the same events, stop one of the two. If it is a "
        "different event with the same id, map an eventId that is unique to this source."
    )
    return Explanation(
        cause=ExplanationCause.ALREADY_REPORTED, in_gong=True, sentence=sentence, remedy=remedy
    )


def _explain_aggregated(facts: EventFacts) -> Explanation:
    state = f", which is {facts.carrier_state}" if facts.carrier_state else ""
    sentence = f"The event belongs to a session that is sent as one call by event {facts.carrier}{state}."
    # The carrier decides. Its record may be pruned already, and then nothing is known.
    in_gong = {State.DELIVERED: True, State.DUPLICATE: True, None: None}.get(facts.carrier_state, False)
    remedy = (
        NO_ACTION
        if in_gong
        else f"See event {facts.carrier}: what happens to it happens to the whole session."
    )
    return Explanation(cause=ExplanationCause.AGGREGATED, in_gong=in_gong, sentence=sentence, remedy=remedy)


def _explain_aggregating(facts: EventFacts) -> Explanation:
    latest = f", at {format_timestamp(facts.next_at)} at the latest" if facts.next_at else ""
    sentence = (
        f"The event waits for the rest of its session, which is sent once no more events arrive{latest}."
    )
    return Explanation(
        cause=ExplanationCause.AGGREGATING, in_gong=False, sentence=sentence, next_at=facts.next_at
    )


def _explain_queued(facts: EventFacts) -> Explanation:
    if facts.hold:
        return _explain_on_hold(facts)
    if facts.obstacle:
        return _explain_obstacle(facts.obstacle)
    when = f", at about {format_timestamp(facts.next_at)}" if facts.next_at else ""
    sentence = f"The event is queued. It is sent as soon as its company's limits allow{when}."
    return Explanation(cause=ExplanationCause.QUEUED, in_gong=False, sentence=sentence, next_at=facts.next_at)


_OBSTACLES: Mapping[ExplanationCause, tuple[str, str]] = {
    ExplanationCause.DAILY_LIMIT_REACHED: (
        "Its company's budget for 24 hours is used up. The event is sent when the budget allows it again{until}.",
        "Wait. Or have Gong raise the company's limit and set limits.per_day to it, or give important events priority high.",
    ),
    ExplanationCause.SOURCE_SHARE_USED: (
        "Its source has used its daily share of the company's calls. The event is sent when the share has room again{until}.",
        "Wait: the rest of the budget is for the company's other sources. If this source may use more, raise its limits.daily_share.",
    ),
    ExplanationCause.RATE_LIMITED: (
        "Gong answered 429: the company's limit is used up. Calls continue after its Retry-After{until}.",
        "No action is needed. If it happens often, other integrations use the same limit: lower limits.daily_share.",
    ),
    ExplanationCause.RETRY_AFTER: (
        "A call failed, and its response asks to wait with Retry-After. The company's calls continue{until}.",
        "No action is needed: the events wait and no attempt is spent. If it lasts, check Gong's status page.",
    ),
    ExplanationCause.GONG_DOWN: (
        "Gong does not answer{error}. Calls continue after a trial call passes; the next one is made{until}.",
        "No action is needed: no attempt is spent. If it lasts, check Gong's status page and the workers' network.",
    ),
}


def _explain_obstacle(obstacle: Obstacle) -> Explanation:
    sentence, remedy = _OBSTACLES[obstacle.cause]
    until = f" at {format_timestamp(obstacle.until)}" if obstacle.until else ""
    # "the next one is made soon" reads better than a sentence that breaks off.
    if not until and obstacle.cause is ExplanationCause.GONG_DOWN:
        until = " soon"
    error = f" ({obstacle.error})" if obstacle.error else ""
    return Explanation(
        cause=obstacle.cause,
        in_gong=False,
        sentence=sentence.format(until=until, error=error),
        remedy=remedy,
        next_at=obstacle.until,
    )


def _explain_sending(facts: EventFacts) -> Explanation:
    sentence = f"A worker has been sending the event since {format_timestamp(facts.at)}."
    remedy = "No action is needed. If that worker has died, another one takes over within a minute."
    return Explanation(cause=ExplanationCause.SENDING, in_gong=None, sentence=sentence, remedy=remedy)


def _explain_retrying(facts: EventFacts) -> Explanation:
    # While Gong is down the circuit breaker decides when to try, not this event's own schedule.
    if facts.obstacle and facts.obstacle.cause is ExplanationCause.GONG_DOWN:
        return _explain_obstacle(facts.obstacle)
    detail = f" ({facts.detail})" if facts.detail else ""
    when = f" at {format_timestamp(facts.next_at)}" if facts.next_at else ""
    sentence = f"The last attempt failed{detail}. The relay tries again{when}."
    return Explanation(
        cause=ExplanationCause.RETRYING, in_gong=False, sentence=sentence, next_at=facts.next_at
    )


def _explain_on_hold(facts: EventFacts) -> Explanation:
    # The hold may end between reading the event and reading its destination.
    if facts.hold is None:
        sentence = f"The hold of {facts.destination} has just ended; the event is being queued."
        return Explanation(cause=ExplanationCause.QUEUED, in_gong=False, sentence=sentence)
    guidance = CAUSES[facts.hold]
    detail = f" ({facts.detail})" if facts.detail and facts.hold is not HoldCause.PAUSED else ""
    problem = guidance.problem.removesuffix(".")
    sentence = f"The event waits because {facts.destination} is on hold. {problem}{detail}."
    remedy = f"{guidance.remedy} The event is sent when the hold ends; nothing is lost."
    return Explanation(
        cause=ExplanationCause(facts.hold),
        in_gong=False,
        sentence=sentence,
        remedy=remedy,
        next_at=facts.next_at,
    )


def _explain_dead(facts: EventFacts) -> Explanation:
    reason = facts.reason or DeadLetterReason.WORKER_CRASHED
    guidance = REASONS[reason]
    detail = f": {facts.detail.rstrip('.')}" if facts.detail else ""
    if reason is DeadLetterReason.WORKER_CRASHED:
        detail = ""  # it only repeats the reason
    sentence = f"{guidance.problem.removesuffix('.')}{detail}. The relay does not retry it by itself."
    return Explanation(
        cause=ExplanationCause(reason), in_gong=False, sentence=sentence, remedy=guidance.remedy
    )


def _explain_filtered(facts: EventFacts) -> Explanation:
    if facts.detail.endswith(_INTERNAL_PEOPLE):
        sentence = f"The event is not sent to Gong, because it is about your own people: {facts.detail}."
        remedy = (
            f"No action is needed if they are. If not, remove their domain from internal_domains of {facts.destination} "
            "and replay the event."
        )
        return Explanation(
            cause=ExplanationCause.INTERNAL_PERSON, in_gong=False, sentence=sentence, remedy=remedy
        )
    if facts.detail == _NO_RULE:
        sentence = f"The event was filtered: no rule of {facts.source} matches it."
        remedy = (
            "No action is needed if that is intended. To send it to Gong, add a rule whose `when` matches it, and replay "
            "the filtered events: they are mapped again."
        )
        return Explanation(
            cause=ExplanationCause.NO_RULE_MATCHED, in_gong=False, sentence=sentence, remedy=remedy
        )
    rule = f" by rule {facts.rule}" if facts.rule else ""
    sentence = f"The event was filtered{rule}: {facts.detail or 'it is not meant for Gong'}."
    remedy = (
        "No action is needed if that is intended. To send it to Gong, fix the mapping and replay the event."
    )
    return Explanation(cause=ExplanationCause.FILTERED, in_gong=False, sentence=sentence, remedy=remedy)


def _explain_discarded(facts: EventFacts) -> Explanation:
    sentence = f"An operator discarded the event at {format_timestamp(facts.at)}."
    remedy = "Replay it if Gong should have it after all."
    if facts.data_deleted:
        sentence = f"{sentence} Its data was deleted, so it cannot be replayed."
        remedy = (
            "If Gong should have it after all, have the source send it again under a new id: under the old one, it is "
            "answered as a duplicate."
        )
    return Explanation(cause=ExplanationCause.DISCARDED, in_gong=False, sentence=sentence, remedy=remedy)


def _explain_erased(facts: EventFacts) -> Explanation:
    sentence = f"The data of the event's person was erased at {format_timestamp(facts.at)}. The relay keeps none of it."
    if not facts.request_id:
        return Explanation(cause=ExplanationCause.ERASED, in_gong=False, sentence=sentence)
    remedy = f"Gong received the event as request {facts.request_id}: have the person erased in Gong as well."
    return Explanation(cause=ExplanationCause.ERASED, in_gong=True, sentence=sentence, remedy=remedy)


_EXPLAINERS: Mapping[State, Callable[[EventFacts], Explanation]] = {
    State.AGGREGATING: _explain_aggregating,
    State.QUEUED: _explain_queued,
    State.SENDING: _explain_sending,
    State.RETRYING: _explain_retrying,
    State.ON_HOLD: _explain_on_hold,
    State.DELIVERED: _explain_delivered,
    State.DUPLICATE: _explain_duplicate,
    State.DEAD: _explain_dead,
    State.FILTERED: _explain_filtered,
    State.AGGREGATED: _explain_aggregated,
    State.DISCARDED: _explain_discarded,
    State.ERASED: _explain_erased,
}
