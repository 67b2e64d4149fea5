"""A payload through a mapping: each item by the first rule that holds for it, as a call, filtered, or dead with its reasons.

Total: whatever the payload holds, each item ends in one of the three, within a fixed amount of work.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from relay.core.call import Call
from relay.core.destination import Destination
from relay.core.errors import Problem
from relay.core.gong.problems import ErrorCode
from relay.core.gong.validate import validate_body
from relay.core.mapping.body_layout import BODY_LAYOUTS
from relay.core.mapping.coerce import coerce_body
from relay.core.mapping.event_ids import digest_event_id, native_event_id
from relay.core.mapping.internal_people import remove_internal_people
from relay.core.mapping.problems import EventProblemCode
from relay.core.mapping.result import MappingResult
from relay.core.mapping.routing import Route, Router, fixed_router
from relay.core.mapping.rule import CompiledMapping, Rule
from relay.core.mapping.scalars import is_true
from relay.core.mapping.tree import BuildContext
from relay.core.mapping.work_limit import (
    STEPS_PER_EVENT,
    STEPS_PER_ITEM,
    STEPS_PER_RECEIPT,
    NoValue,
    StepCounter,
    WorkLimitExceeded,
)
from relay.core.payloads import Payload
from relay.core.personal_data import find_people_in_json
from relay.core.source import Source
from relay.core.timestamps import format_timestamp
from relay.core.visit_session import VisitSession, find_session

ITEMS_MAX = 5_000
CLOCK_SKEW_MAX = timedelta(minutes=5)
"""How far a sender's clock may run ahead of ours."""

_TIMES = ("timestamp", "eventTimestamp")
_ITEMS_TOLD = Problem(
    "items",
    EventProblemCode.TOO_MANY_ITEMS,
    f"are more than {ITEMS_MAX}: have the sender post fewer at a time",
)
_WORK_TOLD = Problem(
    "",
    EventProblemCode.WORK_LIMIT_EXCEEDED,
    "needs more work than one event may: look at fewer elements, or at the item and not the body",
)


@dataclass(slots=True)
class _Run:
    """One receipt on its way through a mapping."""

    compiled: CompiledMapping
    source: Source
    route: Router
    latest: str
    scope: Mapping[str, Any]
    steps_left: int = STEPS_PER_RECEIPT

    def meter(self) -> StepCounter:
        return StepCounter(min(STEPS_PER_EVENT, self.steps_left))


def map_payload(
    compiled: CompiledMapping,
    payload: Payload,
    *,
    source: Source,
    destination: Destination | Router,
    received_at: datetime,
) -> tuple[MappingResult, ...]:
    """Every item of a payload, in order, for its destination. Never raises."""
    scope = build_scope(payload, source.name, received_at)
    route = fixed_router(destination) if isinstance(destination, Destination) else destination
    running = _Run(compiled, source, route, format_timestamp(received_at + CLOCK_SKEW_MAX), scope)
    try:
        items = _items(compiled, scope)
    except (NoValue, WorkLimitExceeded) as error:
        return (_whole(_dead(running, 0, payload.body, _told("items", error)), route, scope),)
    if len(items) > ITEMS_MAX:
        return (_whole(_dead(running, 0, payload.body, _ITEMS_TOLD), route, scope),)
    running.steps_left += STEPS_PER_ITEM * len(items)
    mapped = (each for index, item in enumerate(items) for each in _of_item(running, index, item))
    found = tuple(islice(mapped, ITEMS_MAX + 1))
    if len(found) > ITEMS_MAX:
        return (_whole(_dead(running, 0, payload.body, _ITEMS_TOLD), route, scope),)
    return found or (_whole(_filtered(running, 0, payload.body, "the payload holds no items"), route, scope),)


def fail_payload(
    problem: Problem, event_id: str, *, scope: Mapping[str, Any], route: Router
) -> MappingResult:
    """A payload that could not be read: one dead item, for the destination that its request tells without a body."""
    return _whole(MappingResult(0, event_id, problems=(problem,)), route, scope)


def list_items(
    compiled: CompiledMapping, payload: Payload, *, source: str, received_at: datetime
) -> list[Any]:
    """The items that `map_payload` sees, by the index it gives them."""
    try:
        return _items(compiled, build_scope(payload, source, received_at))
    except (NoValue, WorkLimitExceeded):
        return []


def build_scope(payload: Payload, source: str, received_at: datetime) -> dict[str, Any]:
    """What every expression may start from, but for the item."""
    return {
        "body": payload.body,
        "headers": dict(payload.headers),
        "query": dict(payload.query),
        "source": source,
        "received_at": format_timestamp(received_at),
    }


def _items(compiled: CompiledMapping, scope: Mapping[str, Any]) -> list[Any]:
    found = compiled.items.evaluate(scope, StepCounter()) if compiled.items else scope["body"]
    return _several(found)


def _several(found: Any) -> list[Any]:
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _whole(mapped: MappingResult, route: Router, scope: Mapping[str, Any]) -> MappingResult:
    """The payload as one item, where its items could not be told apart. What is wrong with it comes before its way."""
    routed = route({**scope, "item": scope["body"], "parent": None}, StepCounter())
    return replace(mapped, destination=routed.destination, account=routed.account)


def _placed(mapped: MappingResult, routed: Route) -> MappingResult:
    """With its destination. One that has none is dead, unless Gong was not to be told of it anyway."""
    problems = mapped.problems
    if routed.problem is not None and not mapped.filtered:
        problems = (*problems, routed.problem)
    elif mapped.destination is routed.destination:
        return mapped
    return replace(mapped, destination=routed.destination, account=routed.account, problems=problems)


def _of_item(running: _Run, index: int, item: Any) -> Iterator[MappingResult]:
    meter = running.meter()
    making = BuildContext({**running.scope, "item": item, "parent": None}, meter)
    routed = running.route(making.scope, meter)
    for mapped in _by_rule(running, making, index, routed=routed):
        yield _placed(mapped, routed)


def _by_rule(running: _Run, making: BuildContext, index: int, *, routed: Route) -> Iterator[MappingResult]:
    item, meter = making.scope["item"], making.meter
    try:
        rule = _rule_for(running.compiled, making)
        parts = _parts(rule, making) if rule else []
    except (NoValue, WorkLimitExceeded) as error:
        yield _dead(running, index, item, _told("items", error))
        return
    finally:
        running.steps_left -= meter.spent
    if rule is None:
        yield _filtered(running, index, item, "no rule holds for it", *making.warnings)
        return
    if not parts:
        filtered = _filtered(running, index, item, "the rule finds no items in it", *making.warnings)
        yield replace(filtered, rule=rule.name, priority=rule.priority)
    whole_id = _whole_id(running, item) if rule.items else ""
    start = MappingResult(
        index, whole_id, rule.name, rule.priority, destination=routed.destination, account=routed.account
    )
    for part in parts:
        scope = {**running.scope, "item": part, "parent": item if rule.items else None}
        yield _of_part(running, rule, start, scope)


def _whole_id(running: _Run, item: Any) -> str:
    return digest_event_id(running.source.name, item)


def _rule_for(compiled: CompiledMapping, making: BuildContext) -> Rule | None:
    """The first rule whose `when` holds. One that cannot be told does not hold."""
    for place, rule in enumerate(compiled.rules):
        try:
            if rule.when is None or is_true(rule.when.evaluate(making.scope, making.meter)):
                return rule
        except NoValue as error:
            making.warnings.append(Problem(f"rules[{place}].when", EventProblemCode.NO_VALUE, str(error)))
    return None


def _parts(rule: Rule, making: BuildContext) -> list[Any]:
    if rule.items is None:
        return [making.scope["item"]]
    return _several(rule.items.evaluate(making.scope, making.meter))


def _of_part(running: _Run, rule: Rule, start: MappingResult, scope: Mapping[str, Any]) -> MappingResult:
    """The part of an item, or all of it. Where there are parts, `start` has the id of their whole."""
    meter = running.meter()
    making = BuildContext(scope, meter)
    try:
        raw = rule.tree.build(making) or {}
        key = rule.aggregate.key(making) if rule.aggregate else None
    except WorkLimitExceeded:
        event_id = _made_id(running, start, scope)
        return replace(
            start, event_id=event_id, problems=(_WORK_TOLD,), people=find_people_in_json(scope["item"])
        )
    finally:
        running.steps_left -= meter.spent
    mapped = _finished(running, rule, start, making=making, raw=raw)
    return replace(mapped, session=_session(running, rule, mapped, key)) if rule.aggregate else mapped


def _session(running: _Run, rule: Rule, mapped: MappingResult, key: str | None) -> VisitSession | None:
    """What the call belongs to: by what the rule says, else by the call's own session."""
    call = mapped.call
    if rule.aggregate is None or call is None:
        return None
    told = key if rule.aggregate.key_template else call.body.get("sessionId")
    return find_session(call, rule.aggregate.options, origin=(running.source.name, rule.name), key=told)


def _made_id(running: _Run, start: MappingResult, scope: Mapping[str, Any]) -> str:
    whole = (start.event_id,) if start.event_id else ()
    return digest_event_id(running.source.name, *whole, scope["item"])


def _finished(
    running: _Run, rule: Rule, start: MappingResult, *, making: BuildContext, raw: dict[str, Any]
) -> MappingResult:
    """The body made fit, named, and checked as Gong would."""
    body, changed = coerce_body(rule.to, raw)
    hitches = [*making.warnings, *changed]
    event_id = _named(running, rule, body, hitches) or _made_id(running, start, making.scope)
    places = BODY_LAYOUTS[rule.to]
    if places.id_key:
        body = {places.id_key: event_id} | body | {places.id_key: event_id}  # first, as people read it
    if places.system_key:
        body.setdefault(places.system_key, start.destination.source_system_name or running.source.name)
    body, filtered = remove_internal_people(rule.to, body, start.destination.internal_domains)
    problems = () if filtered else tuple(_explained(_refusals(running, rule, body), hitches))
    return replace(
        start,
        event_id=event_id,
        draft=Call(rule.to, event_id, body),
        filtered=filtered,
        problems=problems,
        warnings=tuple(hitches),
        people=find_people_in_json(making.scope["item"]),
    )


def _named(running: _Run, rule: Rule, body: Mapping[str, Any], hitches: list[Problem]) -> str | None:
    key = BODY_LAYOUTS[rule.to].id_key
    if key is None or key not in rule.tree.root:
        return None
    event_id = native_event_id(running.source.name, body.get(key))
    if event_id is None:
        hitches.append(
            Problem(key, EventProblemCode.GENERATED_ID, "is missing: a digest of the item stands in")
        )
    return event_id


def _refusals(running: _Run, rule: Rule, body: Mapping[str, Any]) -> Iterator[Problem]:
    yield from validate_body(rule.to, body)
    for key in _TIMES:
        if body.get(key, "") > running.latest:  # both are written in whole seconds of UTC
            yield Problem(key, ErrorCode.RANGE, "lies in the future: check the sender's clock and offset")


def _explained(refusals: Iterator[Problem], hitches: list[Problem]) -> Iterator[Problem]:
    """What is missing because it could not be made is told by why it could not."""
    causes = {hitch.path: hitch for hitch in hitches}
    for refusal in refusals:
        cause = causes.get(refusal.path) if refusal.code == ErrorCode.REQUIRED else None
        yield cause or refusal


def _told(path: str, error: NoValue | WorkLimitExceeded) -> Problem:
    return Problem(path, EventProblemCode.NO_VALUE, str(error)) if isinstance(error, NoValue) else _WORK_TOLD


def _dead(running: _Run, index: int, item: Any, problem: Problem) -> MappingResult:
    return MappingResult(
        index, _whole_id(running, item), problems=(problem,), people=find_people_in_json(item)
    )


def _filtered(running: _Run, index: int, item: Any, why: str, *hitches: Problem) -> MappingResult:
    event_id = _whole_id(running, item)
    return MappingResult(index, event_id, filtered=why, warnings=hitches, people=find_people_in_json(item))
