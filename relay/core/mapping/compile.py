"""Reading a source's mapping: everything wrong with it at once, each with its path and what to do."""

import hashlib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

import orjson

from relay.core.call import Operation
from relay.core.errors import Problem, ValidationFailed, join_path
from relay.core.mapping.body_layout import BODY_LAYOUTS
from relay.core.mapping.expressions import Expression
from relay.core.mapping.lint_expression import parse_expression
from relay.core.mapping.lint_map import lint_map
from relay.core.mapping.merge import merge_mapping
from relay.core.mapping.problems import MappingErrorCode, check_keys, did_you_mean
from relay.core.mapping.rule import CompiledMapping, Rule
from relay.core.mapping.templates import strip_braces
from relay.core.mapping.tree import MapTree, parse_map
from relay.core.mapping.usage import list_read_paths
from relay.core.mapping.visit_sessions import RuleAggregate, parse_rule_aggregate
from relay.core.priority import Priority

RULES_MAX = 100
NAME_MAX = 100
_VERSION_DIGITS = 8
_SPEC_KEYS = ("items", "rules", "extends", "preset")
_RULE_KEYS = ("name", "when", "to", "items", "priority", "aggregate", "map")
Choice = TypeVar("Choice", bound=StrEnum)
_NO_PRESETS: Mapping[str, Any] = {}


def compile_mapping(
    spec: object, *, path: str = "", presets: Mapping[str, Any] = _NO_PRESETS
) -> CompiledMapping:
    """A mapping, ready to run. Invalid holds every mistake, with its path below `path`.

    `spec` is an object of `rules`, and perhaps `items`, and `preset` or `extends` (the name in `presets` of the
    mapping that it changes); a bare list stands for its rules.
    """
    problems: list[Problem] = []
    whole = {"rules": spec} if isinstance(spec, list) else spec
    if not isinstance(whole, Mapping):
        raise ValidationFailed(
            [
                Problem(
                    path, MappingErrorCode.INVALID_VALUE, "must be an object with rules, or a list of rules"
                )
            ]
        )
    problems += check_keys(whole, _SPEC_KEYS, path)
    merged = _on_preset(whole, presets, path, problems)
    items = _expression(merged.get("items"), join_path(path, "items"), problems)
    rules = (
        ()
        if problems and "rules" not in merged
        else _rules(merged.get("rules"), join_path(path, "rules"), problems)
    )
    if problems:
        raise ValidationFailed(problems)
    return CompiledMapping(items, rules, _version(merged), merged)


def _version(merged: Mapping[str, Any]) -> str:
    told = orjson.dumps(dict(merged), default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(told).hexdigest()[:_VERSION_DIGITS]


def _on_preset(
    spec: Mapping[str, Any], presets: Mapping[str, Any], path: str, problems: list[Problem]
) -> Mapping[str, Any]:
    own = {key: value for key, value in spec.items() if key not in {"preset", "extends"}}
    for key in ("preset", "extends"):
        name = spec.get(key)
        if name is None:
            continue
        if not isinstance(name, str) or name not in presets:
            message = f"there is no mapping with this name{did_you_mean(name, tuple(presets))}"
            problems.append(Problem(join_path(path, key), MappingErrorCode.INVALID_VALUE, message))
        else:
            base = presets[name]
            merged: Mapping[str, Any] = merge_mapping(
                {"rules": base} if isinstance(base, list) else base, own
            )
            return merged
    return own


def _rules(spec: Any, path: str, problems: list[Problem]) -> tuple[Rule, ...]:
    if not isinstance(spec, list) or not spec:
        problems.append(Problem(path, MappingErrorCode.MISSING_KEY, "must be a list of one rule or more"))
        return ()
    if len(spec) > RULES_MAX:
        problems.append(
            Problem(path, MappingErrorCode.TOO_LARGE, f"holds {len(spec)} rules, and at most {RULES_MAX}")
        )
        return ()
    read = [_rule(each, f"{path}[{place}]", problems) for place, each in enumerate(spec)]
    problems += _repeated(spec, path)
    problems += _unreachable(spec, path)
    return tuple(rule for rule in read if rule)


def _rule(spec: Any, path: str, problems: list[Problem]) -> Rule | None:
    if not isinstance(spec, Mapping):
        problems.append(
            Problem(path, MappingErrorCode.INVALID_VALUE, f"must be an object of {', '.join(_RULE_KEYS)}")
        )
        return None
    before = len(problems)
    problems += check_keys(spec, _RULE_KEYS, path)
    problems += _name_problems(spec.get("name"), join_path(path, "name"))
    to = _choice(Operation, spec.get("to"), join_path(path, "to"), problems)
    priority = _choice(Priority, spec.get("priority", Priority.NORMAL), join_path(path, "priority"), problems)
    when = _expression(spec.get("when"), join_path(path, "when"), problems)
    items = _expression(spec.get("items"), join_path(path, "items"), problems)
    tree = _map(spec.get("map"), to, join_path(path, "map"), problems)
    if items and to and tree:
        problems += _parted_id(tree, to, join_path(path, "map"))
    aggregate = _aggregate(spec.get("aggregate"), to, tree, join_path(path, "aggregate"), problems)
    if len(problems) > before or to is None or priority is None or tree is None:
        return None
    return Rule(spec["name"], when, to, items, priority, tree, aggregate)


def _aggregate(
    spec: Any, to: Operation | None, tree: MapTree | None, path: str, problems: list[Problem]
) -> RuleAggregate | None:
    """Only a digital interaction has a place for how many events it stands for."""
    if spec is None:
        return None
    if to not in {None, Operation.DIGITAL_INTERACTION}:
        message = f"is for rules to {Operation.DIGITAL_INTERACTION}: another call cannot tell of many events; take it out"
        problems.append(Problem(path, MappingErrorCode.INVALID_VALUE, message))
        return None
    names_session = tree is not None and isinstance(tree.root, dict) and "sessionId" in tree.root
    aggregating, wrong = parse_rule_aggregate(spec, path=path, names_session=names_session)
    problems += wrong
    return aggregating


def _map(spec: Any, to: Operation | None, path: str, problems: list[Problem]) -> MapTree | None:
    if spec is None:
        problems.append(
            Problem(path, MappingErrorCode.MISSING_KEY, "is missing: say what becomes of an event")
        )
        return None
    tree, wrong = parse_map(spec, path=path)
    problems += wrong
    if to:
        problems += lint_map(to, tree, path=path)
    return tree


def _parted_id(tree: MapTree, to: Operation, path: str) -> Iterator[Problem]:
    """Where one item becomes several events, their ids must differ."""
    key = BODY_LAYOUTS[to].id_key
    template = tree.templates.get(key or "")
    if template and not any(read[0] == "item" for read in list_read_paths(template.expressions)):
        message = "is the same for every part: add something of item, as in {{ parent.id }}:{{ item.email }}"
        yield Problem(f"{path}.{key}", MappingErrorCode.INVALID_VALUE, message)


def _expression(text: Any, path: str, problems: list[Problem]) -> Expression | None:
    if text is None:
        return None
    if not isinstance(text, str):
        problems.append(
            Problem(
                path, MappingErrorCode.INVALID_VALUE, "must be an expression, such as item.event == 'click'"
            )
        )
        return None
    read = parse_expression(strip_braces(text), path=path)
    if isinstance(read, list):
        problems += read
        return None
    return read


def _choice(kind: type[Choice], value: Any, path: str, problems: list[Problem]) -> Choice | None:
    if isinstance(value, str) and value in tuple(kind):
        return kind(value)
    if value is None:
        problems.append(
            Problem(path, MappingErrorCode.MISSING_KEY, f"is missing: say one of {', '.join(kind)}")
        )
    else:
        message = f"is not a valid value{did_you_mean(value, tuple(kind))}"
        problems.append(Problem(path, MappingErrorCode.INVALID_VALUE, message))
    return None


def _name_problems(name: Any, path: str) -> Iterator[Problem]:
    if name is None:
        yield Problem(
            path, MappingErrorCode.MISSING_KEY, "is missing: it is how logs and previews call this rule"
        )
    elif not isinstance(name, str) or not name.strip() or len(name) > NAME_MAX:
        yield Problem(path, MappingErrorCode.INVALID_VALUE, f"must be a text of 1 to {NAME_MAX} characters")


def _repeated(spec: list[Any], path: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, rule in enumerate(spec):
        name = rule.get("name") if isinstance(rule, Mapping) else None
        if isinstance(name, str) and name in seen:
            message = "is the name of an earlier rule too: give each its own"
            yield Problem(f"{path}[{place}].name", MappingErrorCode.DUPLICATE_NAME, message)
        elif isinstance(name, str):
            seen.add(name)


def _unreachable(spec: list[Any], path: str) -> Iterator[Problem]:
    always = next(
        (p for p, rule in enumerate(spec) if isinstance(rule, Mapping) and not rule.get("when")), None
    )
    if always is not None:
        for place in range(always + 1, len(spec)):
            message = (
                f"is never reached: {path}[{always}] has no when, so that it takes every item; put it last"
            )
            yield Problem(f"{path}[{place}]", MappingErrorCode.UNREACHABLE_RULE, message)
