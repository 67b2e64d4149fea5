"""Merges a mapping into the one it extends: objects key by key, rules by name; any other value replaces the base's."""

from collections.abc import Mapping
from typing import Any


def merge_mapping(base: Any, changes: Any) -> Any:
    """Return `base` with `changes` applied. A null in `changes` removes the key. Neither argument is modified.

    A rule with the name of one in `base` is merged into it and keeps its position. New rules go first.
    """
    if not (isinstance(base, Mapping) and isinstance(changes, Mapping)):
        return changes
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif key == "rules" and isinstance(value, list) and isinstance(base.get(key), list):
            merged[key] = _merge_rules(base[key], value)
        else:
            merged[key] = merge_mapping(base[key], value) if key in base else value
    return merged


def _merge_rules(base: list[Any], changes: list[Any]) -> list[Any]:
    changes_by_name = {_get_name(rule): rule for rule in changes if _get_name(rule) is not None}
    base_names = {_get_name(rule) for rule in base}
    new = [rule for rule in changes if _get_name(rule) is None or _get_name(rule) not in base_names]
    merged = [
        merge_mapping(rule, changes_by_name[name]) if (name := _get_name(rule)) in changes_by_name else rule
        for rule in base
    ]
    # The first rule that matches wins, so a new rule must come before the preset's to have any effect.
    return new + merged


def _get_name(rule: Any) -> str | None:
    name = rule.get("name") if isinstance(rule, Mapping) else None
    return name if isinstance(name, str) else None
