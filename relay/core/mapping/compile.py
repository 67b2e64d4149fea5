"""Compiles a source's mapping, and reports every error in it at once, each with its path and a remedy."""

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
_VERSION_LENGTH = 8
_MAPPING_KEYS = ("items", "rules", "extends", "preset")
_RULE_KEYS = ("name", "when", "to", "items", "priority", "aggregate", "map")
ChoiceT = TypeVar("ChoiceT", bound=StrEnum)
_NO_PRESETS: Mapping[str, Any] = {}


def compile_mapping(
    spec: object, *, path: str = "", presets: Mapping[str, Any] = _NO_PRESETS
) -> CompiledMapping:
    """Compile a mapping. Raises ValidationFailed with every error in it.

    spec: an object with `rules` and optionally `items`, and with `preset` or `extends` if it changes one of `presets`;
    or a plain list of rules.
    path: where the configuration has the mapping; the paths of errors start with it.
    """
    problems: list[Problem] = []
    mapping = {"rules": spec} if isinstance(spec, list) else spec
    if not isinstance(mapping, Mapping):
        message = "must be an object with rules, or a list of rules"
        raise ValidationFailed([Problem(path, MappingErrorCode.INVALID_VALUE, message)])
    problems += check_keys(mapping, _MAPPING_KEYS, path)
    merged = _merge_preset(mapping, presets, path, problems)
    items = _parse_optional_expression(merged.get("items"), join_path(path, "items"), problems)
    rules: tuple[Rule, ...] = ()
    # With an unknown preset the rules are unknown too: a second error about them would only confuse.
    if "rules" in merged or not problems:
        rules = _parse_rules(merged.get("rules"), join_path(path, "rules"), problems)
    if problems:
        raise ValidationFailed(problems)
    return CompiledMapping(items, rules, _hash_mapping(merged), merged)


def _hash_mapping(merged: Mapping[str, Any]) -> str:
    # YAML has keys that are not text, and values such as dates that JSON does not have.
    serialized = orjson.dumps(
        dict(merged), default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
    )
    return hashlib.sha256(serialized).hexdigest()[:_VERSION_LENGTH]


def _merge_preset(
    spec: Mapping[str, Any], presets: Mapping[str, Any], path: str, problems: list[Problem]
) -> Mapping[str, Any]:
    changes = {key: value for key, value in spec.items() if key not in {"preset", "extends"}}
    for key in ("preset", "extends"):  # two names for the same key
        name = spec.get(key)
        if name is None:
            continue
        if not isinstance(name, str) or name not in presets:
            message = f"there is no mapping with this name{did_you_mean(name, tuple(presets))}"
            problems.append(Problem(join_path(path, key), MappingErrorCode.INVALID_VALUE, message))
        else:
            preset = presets[name]
            base = {"rules": preset} if isinstance(preset, list) else preset
            merged: Mapping[str, Any] = merge_mapping(base, changes)
            return merged
    return changes


def _parse_rules(spec: Any, path: str, problems: list[Problem]) -> tuple[Rule, ...]:
    if not isinstance(spec, list) or not spec:
        problems.append(Problem(path, MappingErrorCode.MISSING_KEY, "must be a list of at least one rule"))
        return ()
    if len(spec) > RULES_MAX:
        message = f"has {len(spec)} rules; the limit is {RULES_MAX}"
        problems.append(Problem(path, MappingErrorCode.TOO_LARGE, message))
        return ()
    rules = [_parse_rule(rule, f"{path}[{index}]", problems) for index, rule in enumerate(spec)]
    # These two read the spec, so that they also cover rules that do not compile.
    problems += _find_duplicate_names(spec, path)
    problems += _find_unreachable(spec, path)
    return tuple(rule for rule in rules if rule)


def _parse_rule(spec: Any, path: str, problems: list[Problem]) -> Rule | None:
    if not isinstance(spec, Mapping):
        message = f"must be an object of {', '.join(_RULE_KEYS)}"
        problems.append(Problem(path, MappingErrorCode.INVALID_VALUE, message))
        return None
    problems_before = len(problems)
    problems += check_keys(spec, _RULE_KEYS, path)
    problems += _check_name(spec.get("name"), join_path(path, "name"))
    to = _parse_choice(Operation, spec.get("to"), join_path(path, "to"), problems)
    priority = _parse_choice(
        Priority, spec.get("priority", Priority.NORMAL), join_path(path, "priority"), problems
    )
    when = _parse_optional_expression(spec.get("when"), join_path(path, "when"), problems)
    items = _parse_optional_expression(spec.get("items"), join_path(path, "items"), problems)
    tree = _parse_rule_map(spec.get("map"), to, join_path(path, "map"), problems)
    if items and to and tree:
        problems += _check_id_of_parts(tree, to, join_path(path, "map"))
    aggregate = _parse_aggregate(spec.get("aggregate"), to, tree, join_path(path, "aggregate"), problems)
    if len(problems) > problems_before or to is None or priority is None or tree is None:
        return None
    return Rule(
        name=spec["name"], when=when, to=to, items=items, priority=priority, tree=tree, aggregate=aggregate
    )


def _parse_aggregate(
    spec: Any, to: Operation | None, tree: MapTree | None, path: str, problems: list[Problem]
) -> RuleAggregate | None:
    if spec is None:
        return None
    if to not in {None, Operation.DIGITAL_INTERACTION}:
        # Only this call has a field for the number of events that it stands for.
        message = (
            f"works only in rules to {Operation.DIGITAL_INTERACTION}: no other call can represent several events. "
            "Remove it"
        )
        problems.append(Problem(path, MappingErrorCode.INVALID_VALUE, message))
        return None
    names_session = tree is not None and isinstance(tree.root, dict) and "sessionId" in tree.root
    aggregate, aggregate_problems = parse_rule_aggregate(spec, path=path, names_session=names_session)
    problems += aggregate_problems
    return aggregate


def _parse_rule_map(spec: Any, to: Operation | None, path: str, problems: list[Problem]) -> MapTree | None:
    if spec is None:
        message = "is missing: describe the body of the call to Gong"
        problems.append(Problem(path, MappingErrorCode.MISSING_KEY, message))
        return None
    tree, map_problems = parse_map(spec, path=path)
    problems += map_problems
    if to:
        problems += lint_map(to, tree, path=path)
    return tree


def _check_id_of_parts(tree: MapTree, to: Operation, path: str) -> Iterator[Problem]:
    # If a rule splits an item, an id that reads only `parent` is the same for all parts: Gong would get just one.
    key = BODY_LAYOUTS[to].id_key
    template = tree.templates.get(key or "")
    if template and not any(read[0] == "item" for read in list_read_paths(template.expressions)):
        message = (
            "is the same for every part: add something from item, as in {{ parent.id }}:{{ item.email }}"
        )
        yield Problem(f"{path}.{key}", MappingErrorCode.INVALID_VALUE, message)


def _parse_optional_expression(text: Any, path: str, problems: list[Problem]) -> Expression | None:
    if text is None:
        return None
    if not isinstance(text, str):
        message = "must be an expression, such as item.event == 'click'"
        problems.append(Problem(path, MappingErrorCode.INVALID_VALUE, message))
        return None
    parsed = parse_expression(strip_braces(text), path=path)
    if isinstance(parsed, list):
        problems += parsed
        return None
    return parsed


def _parse_choice(choices: type[ChoiceT], value: Any, path: str, problems: list[Problem]) -> ChoiceT | None:
    if isinstance(value, str) and value in tuple(choices):
        return choices(value)
    if value is None:
        message = f"is missing: use one of {', '.join(choices)}"
        problems.append(Problem(path, MappingErrorCode.MISSING_KEY, message))
    else:
        message = f"is not a valid value{did_you_mean(value, tuple(choices))}"
        problems.append(Problem(path, MappingErrorCode.INVALID_VALUE, message))
    return None


def _check_name(name: Any, path: str) -> Iterator[Problem]:
    if name is None:
        message = "is missing: logs and previews show the rule by its name"
        yield Problem(path, MappingErrorCode.MISSING_KEY, message)
    elif not isinstance(name, str) or not name.strip() or len(name) > NAME_MAX:
        message = f"must be text of 1 to {NAME_MAX} characters"
        yield Problem(path, MappingErrorCode.INVALID_VALUE, message)


def _find_duplicate_names(spec: list[Any], path: str) -> Iterator[Problem]:
    names: set[str] = set()
    for index, rule in enumerate(spec):
        name = rule.get("name") if isinstance(rule, Mapping) else None
        if isinstance(name, str) and name in names:
            message = "is also the name of an earlier rule: give each rule its own"
            yield Problem(f"{path}[{index}].name", MappingErrorCode.DUPLICATE_NAME, message)
        elif isinstance(name, str):
            names.add(name)


def _find_unreachable(spec: list[Any], path: str) -> Iterator[Problem]:
    catch_all = next(
        (index for index, rule in enumerate(spec) if isinstance(rule, Mapping) and not rule.get("when")), None
    )
    if catch_all is None:
        return
    for index in range(catch_all + 1, len(spec)):
        message = f"is unreachable: {path}[{catch_all}] has no when, so it matches every item. Move that rule to the end"
        yield Problem(f"{path}[{index}]", MappingErrorCode.UNREACHABLE_RULE, message)
