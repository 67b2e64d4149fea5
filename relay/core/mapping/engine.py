"""Maps a payload: each item becomes a call by the first rule that matches it, or is filtered, or is dead with reasons.

Never raises, and takes a bounded number of steps, whatever the payload holds.
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
from relay.core.mapping.event_ids import hash_event_id, prefix_event_id
from relay.core.mapping.internal_people import remove_internal_people
from relay.core.mapping.problems import EventProblemCode
from relay.core.mapping.result import MappingResult
from relay.core.mapping.routing import Route, Router, build_fixed_router
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
"""How far a sender's clock may be ahead of the relay's."""

_TIMESTAMP_KEYS = ("timestamp", "eventTimestamp")
_TOO_MANY_ITEMS = Problem(
    "items",
    EventProblemCode.TOO_MANY_ITEMS,
    f"are more than {ITEMS_MAX}: have the sender post fewer in each request",
)
_TOO_MUCH_WORK = Problem(
    "",
    EventProblemCode.WORK_LIMIT_EXCEEDED,
    "takes more steps than one event may: read fewer elements, or read the item instead of the body",
)


@dataclass(slots=True, kw_only=True)
class _Run:
    """The state of mapping one receipt."""

    mapping: CompiledMapping
    source: Source
    route: Router
    latest: str
    """The latest time that an event may have, as Gong writes times."""
    scope: Mapping[str, Any]
    """What expressions read besides `item` and `parent`."""
    steps_left: int = STEPS_PER_RECEIPT

    def new_counter(self) -> StepCounter:
        return StepCounter(min(STEPS_PER_EVENT, self.steps_left))


def map_payload(
    mapping: CompiledMapping,
    payload: Payload,
    *,
    source: Source,
    destination: Destination | Router,
    received_at: datetime,
) -> tuple[MappingResult, ...]:
    """Map every item of a payload, in order. Never raises."""
    scope = build_scope(payload, source.name, received_at)
    route = build_fixed_router(destination) if isinstance(destination, Destination) else destination
    latest = format_timestamp(received_at + CLOCK_SKEW_MAX)
    run = _Run(mapping=mapping, source=source, route=route, latest=latest, scope=scope)
    try:
        items = _find_items(mapping, scope)
    except (NoValue, WorkLimitExceeded) as error:
        return (_make_dead_payload(run, payload, _describe_error("items", error)),)
    if len(items) > ITEMS_MAX:
        return (_make_dead_payload(run, payload, _TOO_MANY_ITEMS),)
    run.steps_left += STEPS_PER_ITEM * len(items)
    # Rules may split each item again. Taking one result too many is enough to see that there are too many.
    mapped = (result for index, item in enumerate(items) for result in _map_item(run, index, item))
    results = tuple(islice(mapped, ITEMS_MAX + 1))
    if len(results) > ITEMS_MAX:
        return (_make_dead_payload(run, payload, _TOO_MANY_ITEMS),)
    if not results:
        filtered = _make_filtered_item(run, 0, payload.body, "the payload has no items")
        return (_route_whole_payload(filtered, route, scope),)
    return results


def fail_payload(
    problem: Problem, event_id: str, *, scope: Mapping[str, Any], route: Router
) -> MappingResult:
    """Return one dead item for a payload that cannot be read. It is routed by the request's headers and query."""
    dead = MappingResult(index=0, event_id=event_id, problems=(problem,))
    return _route_whole_payload(dead, route, scope)


def list_items(
    mapping: CompiledMapping, payload: Payload, *, source: str, received_at: datetime
) -> list[Any]:
    """Return the items that `map_payload` maps. Their positions are the results' `index`."""
    try:
        return _find_items(mapping, build_scope(payload, source, received_at))
    except (NoValue, WorkLimitExceeded):
        return []


def build_scope(payload: Payload, source: str, received_at: datetime) -> dict[str, Any]:
    """Return the values that expressions read, except `item` and `parent`."""
    return {
        "body": payload.body,
        "headers": dict(payload.headers),
        "query": dict(payload.query),
        "source": source,
        "received_at": format_timestamp(received_at),
    }


def _find_items(mapping: CompiledMapping, scope: Mapping[str, Any]) -> list[Any]:
    items = mapping.items.evaluate(scope, StepCounter()) if mapping.items else scope["body"]
    return _as_list(items)


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _make_dead_payload(run: _Run, payload: Payload, problem: Problem) -> MappingResult:
    return _route_whole_payload(_make_dead_item(run, 0, payload.body, problem), run.route, run.scope)


def _route_whole_payload(result: MappingResult, route: Router, scope: Mapping[str, Any]) -> MappingResult:
    """Route a payload that could not be split into items, with its body as the item."""
    routed = route({**scope, "item": scope["body"], "parent": None}, StepCounter())
    # A routing problem is not added: the payload's own problem has to be fixed first.
    return replace(result, destination=routed.destination, account=routed.account)


def _apply_route(result: MappingResult, route: Route) -> MappingResult:
    """Set the destination. Without one the event is dead, unless it was filtered anyway."""
    problems = result.problems
    if route.problem is not None and not result.filter_reason:
        problems = (*problems, route.problem)
    elif result.destination is route.destination:
        return result
    return replace(result, destination=route.destination, account=route.account, problems=problems)


def _map_item(run: _Run, index: int, item: Any) -> Iterator[MappingResult]:
    counter = run.new_counter()
    context = BuildContext({**run.scope, "item": item, "parent": None}, counter)
    route = run.route(context.scope, counter)
    for result in _map_by_rule(run, context, index, route=route):
        yield _apply_route(result, route)


def _map_by_rule(run: _Run, context: BuildContext, index: int, *, route: Route) -> Iterator[MappingResult]:
    item = context.scope["item"]
    try:
        rule = _find_rule(run.mapping, context)
        parts = _split_item(rule, context) if rule else []
    except (NoValue, WorkLimitExceeded) as error:
        yield _make_dead_item(run, index, item, _describe_error("items", error))
        return
    finally:
        # Failed items count too, or a batch of them would be unlimited.
        run.steps_left -= context.counter.used
    if rule is None:
        yield _make_filtered_item(run, index, item, "no rule matches it", *context.warnings)
        return
    if not parts:
        filtered = _make_filtered_item(run, index, item, "its rule finds no items in it", *context.warnings)
        yield replace(filtered, rule=rule.name, priority=run.source.cap_priority(rule.priority))
    base = MappingResult(
        index=index,
        event_id=_hash_item(run, item) if rule.items else "",
        rule=rule.name,
        priority=run.source.cap_priority(rule.priority),
        destination=route.destination,
        account=route.account,
    )
    for part in parts:
        scope = {**run.scope, "item": part, "parent": item if rule.items else None}
        yield _map_part(run, rule, base, scope)


def _hash_item(run: _Run, item: Any) -> str:
    return hash_event_id(run.source.name, item)


def _find_rule(mapping: CompiledMapping, context: BuildContext) -> Rule | None:
    """Return the first rule whose `when` is true."""
    for index, rule in enumerate(mapping.rules):
        try:
            if rule.when is None or is_true(rule.when.evaluate(context.scope, context.counter)):
                return rule
        except NoValue as error:
            # A `when` that fails on this payload does not match it; a later rule may.
            problem = Problem(f"rules[{index}].when", EventProblemCode.NO_VALUE, str(error))
            context.warnings.append(problem)
    return None


def _split_item(rule: Rule, context: BuildContext) -> list[Any]:
    if rule.items is None:
        return [context.scope["item"]]
    return _as_list(rule.items.evaluate(context.scope, context.counter))


def _map_part(run: _Run, rule: Rule, base: MappingResult, scope: Mapping[str, Any]) -> MappingResult:
    """Map one part of an item, or the whole item if its rule does not split it.

    `base` holds what all parts have in common. Its `event_id` is the item's hash if the rule splits it, else empty.
    """
    counter = run.new_counter()
    context = BuildContext(scope, counter)
    try:
        raw_body = rule.tree.build(context) or {}
        session_key = rule.aggregate.session_key(context) if rule.aggregate else None
    except WorkLimitExceeded:
        return replace(
            base,
            event_id=_hash_part(run, base, scope),
            problems=(_TOO_MUCH_WORK,),
            people=find_people_in_json(scope["item"]),
        )
    finally:
        run.steps_left -= counter.used
    result = _finish_body(run, rule, base, context=context, raw_body=raw_body)
    if rule.aggregate is None:
        return result
    return replace(result, session=_find_session(run, rule, result, session_key))


def _find_session(run: _Run, rule: Rule, result: MappingResult, key: str | None) -> VisitSession | None:
    call = result.call
    if rule.aggregate is None or call is None:
        return None
    if rule.aggregate.key_template is None:
        key = call.body.get("sessionId")
    return find_session(call, rule.aggregate.options, origin=(run.source.name, rule.name), key=key)


def _hash_part(run: _Run, base: MappingResult, scope: Mapping[str, Any]) -> str:
    # Equal parts of different items are different events, so the item's hash goes in too.
    item_hash = (base.event_id,) if base.event_id else ()
    return hash_event_id(run.source.name, *item_hash, scope["item"])


def _finish_body(
    run: _Run, rule: Rule, base: MappingResult, *, context: BuildContext, raw_body: dict[str, Any]
) -> MappingResult:
    """Coerce the body, fill in its id and system, remove internal people, and check it as Gong would."""
    body, coerce_warnings = coerce_body(rule.to, raw_body)
    warnings = [*context.warnings, *coerce_warnings]
    event_id = _read_event_id(run, rule, body, warnings) or _hash_part(run, base, context.scope)
    layout = BODY_LAYOUTS[rule.to]
    if layout.id_key:
        # Written twice: the first sets the position, because people look for the id at the top.
        body = {layout.id_key: event_id} | body | {layout.id_key: event_id}
    if layout.system_key:
        body.setdefault(layout.system_key, base.destination.source_system_name or run.source.name)
    body, filter_reason = remove_internal_people(rule.to, body, base.destination.internal_domains)
    problems: tuple[Problem, ...] = ()
    # A filtered event is not sent, so it does not matter what Gong would say about it.
    if not filter_reason:
        problems = tuple(_replace_by_causes(_check_body(run, rule, body), warnings))
    return replace(
        base,
        event_id=event_id,
        draft=Call(rule.to, event_id, body),
        filter_reason=filter_reason,
        problems=problems,
        warnings=tuple(warnings),
        people=find_people_in_json(context.scope["item"]),
    )


def _read_event_id(run: _Run, rule: Rule, body: Mapping[str, Any], warnings: list[Problem]) -> str | None:
    """Return the id that the map took from the payload. None, with a warning, if the payload has none."""
    key = BODY_LAYOUTS[rule.to].id_key
    if key is None or key not in rule.tree.root:
        return None
    event_id = prefix_event_id(run.source.name, body.get(key))
    if event_id is None:
        message = "is missing: a hash of the item is used instead"
        warnings.append(Problem(key, EventProblemCode.GENERATED_ID, message))
    return event_id


def _check_body(run: _Run, rule: Rule, body: Mapping[str, Any]) -> Iterator[Problem]:
    yield from validate_body(rule.to, body)
    for key in _TIMESTAMP_KEYS:
        # Both are in whole seconds of UTC, in one format that sorts as text.
        if body.get(key, "") > run.latest:
            yield Problem(key, ErrorCode.RANGE, "is in the future: check the sender's clock and offset")


def _replace_by_causes(problems: Iterator[Problem], warnings: list[Problem]) -> Iterator[Problem]:
    """Replace "is required" with the warning that says why the value is missing, if there is one."""
    causes = {warning.path: warning for warning in warnings}
    for problem in problems:
        cause = causes.get(problem.path) if problem.code == ErrorCode.REQUIRED else None
        yield cause or problem


def _describe_error(path: str, error: NoValue | WorkLimitExceeded) -> Problem:
    if isinstance(error, NoValue):
        return Problem(path, EventProblemCode.NO_VALUE, str(error))
    return _TOO_MUCH_WORK


def _make_dead_item(run: _Run, index: int, item: Any, problem: Problem) -> MappingResult:
    return MappingResult(
        index=index,
        event_id=_hash_item(run, item),
        problems=(problem,),
        people=find_people_in_json(item),
    )


def _make_filtered_item(run: _Run, index: int, item: Any, reason: str, *warnings: Problem) -> MappingResult:
    return MappingResult(
        index=index,
        event_id=_hash_item(run, item),
        filter_reason=reason,
        warnings=warnings,
        people=find_people_in_json(item),
    )
