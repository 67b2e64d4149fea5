"""A preset with a source's own keys on top, and where in the file each of the merged rules stands."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from relay.core.errors import Problem
from relay.core.mapping.merge import merge_mapping


def merge_preset(preset: Mapping[str, Any], own: Mapping[str, Any]) -> Mapping[str, Any]:
    """The whole source. Another scheme than the preset's takes none of the preset's columns."""
    base = {key: value for key, value in preset.items() if key != "title"}
    schemes = [verify.get("scheme") for verify in map(_verify, (base, own))]
    if schemes[1] is not None and schemes[0] != schemes[1]:
        base.pop("verify", None)
    whole: Mapping[str, Any] = merge_mapping(base, own)
    return whole


def _verify(part: Mapping[str, Any]) -> Mapping[str, Any]:
    told = part.get("verify")
    return told if isinstance(told, Mapping) else {}


def locate_in_file(
    preset: Mapping[str, Any], own: Mapping[str, Any], *, path: str
) -> Callable[[Problem], Problem]:
    """Turns a problem of the merged rules into one of the file, or of the preset where only that speaks."""
    places = _places(preset.get("rules"), own.get("rules"))
    merged = re.compile(rf"(?<![^\s]){re.escape(path)}\.rules\[(\d+)\]")

    def place(found: re.Match[str]) -> str:
        at = int(found[1])
        return f"{path}.{places[at]}" if at < len(places) else found[0]

    def written(problem: Problem) -> Problem:
        return Problem(merged.sub(place, problem.path), problem.code, merged.sub(place, problem.message))

    return written


def _places(base: Any, own: Any) -> list[str]:
    """Rules of one's own that the preset has not come first; the others keep the preset's places."""
    base, own = (rules if isinstance(rules, list) else [] for rules in (base, own))
    names = {_name(rule): at for at, rule in enumerate(own)}
    new = [at for at, rule in enumerate(own) if _name(rule) not in {_name(other) for other in base}]
    kept = [
        f"rules[{names[_name(rule)]}]" if _name(rule) in names else f"preset.rules[{at}]"
        for at, rule in enumerate(base)
    ]
    return [*(f"rules[{at}]" for at in new), *kept]


def _name(rule: Any) -> str:
    name = rule.get("name") if isinstance(rule, Mapping) else None
    return name if isinstance(name, str) else ""
