"""One mapping built on another: objects are merged key by key, rules by their names, and everything else replaces."""

from collections.abc import Mapping
from typing import Any


def merge_mapping(base: Any, changes: Any) -> Any:
    """`changes` on top of `base`. Null removes what the base has there.

    A rule with a name of the base's is merged into it and keeps its place; other rules come first, so that they
    win. Neither argument is changed.
    """
    if not (isinstance(base, Mapping) and isinstance(changes, Mapping)):
        return changes
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif key == "rules" and isinstance(value, list) and isinstance(base.get(key), list):
            merged[key] = _rules(base[key], value)
        else:
            merged[key] = merge_mapping(base[key], value) if key in base else value
    return merged


def _rules(base: list[Any], changes: list[Any]) -> list[Any]:
    by_name = {_name(rule): rule for rule in changes if _name(rule) is not None}
    known = {_name(rule) for rule in base}
    new = [rule for rule in changes if _name(rule) is None or _name(rule) not in known]
    return new + [
        merge_mapping(rule, by_name[name]) if (name := _name(rule)) in by_name else rule for rule in base
    ]


def _name(rule: Any) -> str | None:
    name = rule.get("name") if isinstance(rule, Mapping) else None
    return name if isinstance(name, str) else None
