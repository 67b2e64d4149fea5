"""Merge a source's own keys into its preset, and trace problems of merged rules back to the file."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from relay.core.errors import Problem
from relay.core.mapping.merge import merge_mapping


def merge_preset(preset: Mapping[str, Any], own: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the preset with the source's own keys on top."""
    base = {key: value for key, value in preset.items() if key != "title"}
    schemes = [verify.get("scheme") for verify in map(_verify, (base, own))]
    # The options of one signature scheme make no sense for another.
    if schemes[1] is not None and schemes[0] != schemes[1]:
        base.pop("verify", None)
    merged: Mapping[str, Any] = merge_mapping(base, own)
    return merged


def _verify(part: Mapping[str, Any]) -> Mapping[str, Any]:
    verify = part.get("verify")
    return verify if isinstance(verify, Mapping) else {}


def locate_in_file(
    preset: Mapping[str, Any], own: Mapping[str, Any], *, path: str
) -> Callable[[Problem], Problem]:
    """Return a function that moves a problem of a merged rule to that rule's path in the file or in the preset."""
    places = _list_places(preset.get("rules"), own.get("rules"))
    merged = re.compile(rf"(?<![^\s]){re.escape(path)}\.rules\[(\d+)\]")

    def relocate(match: re.Match[str]) -> str:
        index = int(match[1])
        return f"{path}.{places[index]}" if index < len(places) else match[0]

    def locate(problem: Problem) -> Problem:
        return Problem(
            merged.sub(relocate, problem.path), problem.code, merged.sub(relocate, problem.message)
        )

    return locate


def _list_places(base: Any, own: Any) -> list[str]:
    """Return the place of each merged rule, in the order of `merge_mapping`: the source's new rules, then the preset's."""
    base, own = (rules if isinstance(rules, list) else [] for rules in (base, own))
    preset_names = {_name(rule) for rule in base}
    own_places = {_name(rule): f"rules[{index}]" for index, rule in enumerate(own)}
    added = [f"rules[{index}]" for index, rule in enumerate(own) if _name(rule) not in preset_names]
    inherited = [own_places.get(_name(rule), f"preset.rules[{index}]") for index, rule in enumerate(base)]
    return [*added, *inherited]


def _name(rule: Any) -> str:
    name = rule.get("name") if isinstance(rule, Mapping) else None
    return name if isinstance(name, str) else ""
