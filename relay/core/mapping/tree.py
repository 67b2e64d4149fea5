"""The map of a rule: a tree in the shape of Gong's body, whose leaves are literals or templates."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from relay.core.errors import Problem, join_path
from relay.core.gong.problems import printable_key
from relay.core.mapping.problems import EventProblemCode, MappingErrorCode
from relay.core.mapping.scalars import is_empty
from relay.core.mapping.templates import Template, parse_template
from relay.core.mapping.work_limit import TEXT_MAX, NoValue, StepCounter

EXPRESSIONS_MAX = 300
_DEPTH_MAX = 12
_BROKEN = Template(())
"""Stands where a leaf could not be read, so that what else is wrong with the map is told as well."""


@dataclass(slots=True)
class BuildContext:
    """One body in the making: what its expressions start from, what they may cost, and what went wrong."""

    scope: Mapping[str, Any]
    meter: StepCounter
    warnings: list[Problem] = field(default_factory=list)


Builder: TypeAlias = Callable[[BuildContext], Any]
"""A part of the tree, ready to be filled. None where nothing is left of it."""


@dataclass(frozen=True, slots=True)
class MapTree:
    """A map as it was read. `root` is the tree itself, with Templates for leaves."""

    root: Any
    build: Builder
    templates: Mapping[str, Template]


def parse_map(spec: Any, *, path: str) -> tuple[MapTree, list[Problem]]:
    """Read a map, and everything wrong with its leaves; with problems the tree is only good for finding more.

    Paths of its templates are its own, those of problems start with `path`.
    """
    problems: list[Problem] = []
    plain = _read(spec, path, problems, depth=0)
    templates = dict(_templates(plain, ""))
    if len(templates) > EXPRESSIONS_MAX:
        message = f"holds {len(templates)} expressions, and a map at most {EXPRESSIONS_MAX}"
        problems.append(Problem(path, MappingErrorCode.TOO_LARGE, message))
    return MapTree(plain, _build(plain, ""), templates), problems


def _read(spec: Any, path: str, problems: list[Problem], *, depth: int) -> Any:
    if depth > _DEPTH_MAX:
        problems.append(Problem(path, MappingErrorCode.TOO_LARGE, f"nests deeper than {_DEPTH_MAX} levels"))
    elif isinstance(spec, str):
        read = parse_template(spec, path=path)
        if not isinstance(read, list):
            return read
        problems += read
        return _BROKEN
    elif isinstance(spec, list):
        return [_read(each, f"{path}[{place}]", problems, depth=depth + 1) for place, each in enumerate(spec)]
    elif isinstance(spec, Mapping):
        return _read_object(spec, path, problems, depth=depth)
    else:
        return spec
    return None


def _read_object(
    spec: Mapping[Any, Any], path: str, problems: list[Problem], *, depth: int
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in spec.items():
        if isinstance(key, str):
            found[key] = _read(value, join_path(path, printable_key(key)), problems, depth=depth + 1)
        else:
            problems.append(
                Problem(
                    join_path(path, str(key)),
                    MappingErrorCode.UNKNOWN_KEY,
                    "is no text: put the key in quotes",
                )
            )
    return found


def _templates(plain: Any, path: str) -> Iterator[tuple[str, Template]]:
    if isinstance(plain, Template):
        yield path, plain
    elif isinstance(plain, dict):
        for key, value in plain.items():
            yield from _templates(value, join_path(path, key))
    elif isinstance(plain, list):
        for place, value in enumerate(plain):
            yield from _templates(value, f"{path}[{place}]")


def _build(plain: Any, path: str) -> Builder:
    if isinstance(plain, Template):
        return _leaf(plain, path)
    if isinstance(plain, dict):
        return _object(plain, path)
    if isinstance(plain, list):
        return _list([_build(value, f"{path}[{place}]") for place, value in enumerate(plain)])
    constant = None if is_empty(plain) else plain
    return lambda _: constant


def _leaf(template: Template, path: str) -> Builder:
    def build(making: BuildContext) -> Any:
        try:
            value = template.evaluate(making.scope, making.meter)
            if isinstance(value, str):
                value = value[:TEXT_MAX]
            making.meter.count_contents(value)
        except NoValue as error:
            making.warnings.append(Problem(path, EventProblemCode.NO_VALUE, str(error)))
            return None
        return prune(value)

    return build


class UnfilledObject(dict[str, Any]):
    """An object that holds expressions, of which the payload filled none: only its literals are left."""


def _object(plain: dict[str, Any], path: str) -> Builder:
    parts = [(key, _build(value, join_path(path, key))) for key, value in plain.items()]
    asking = [key for key, value in plain.items() if any(_templates(value, ""))]

    def build(making: BuildContext) -> dict[str, Any] | None:
        found = {key: value for key, part in parts if (value := part(making)) is not None}
        if asking and not any(_is_filled(found.get(key)) for key in asking):
            return UnfilledObject(found) or None
        return found or None

    return build


def _is_filled(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_is_filled, value))
    return value is not None and not isinstance(value, UnfilledObject)


def _list(parts: list[Builder]) -> Builder:
    def build(making: BuildContext) -> list[Any] | None:
        found = [value for part in parts if (value := part(making)) is not None]
        return found or None

    return build


def prune(value: Any) -> Any:
    """Without null, blank text, empty lists and empty objects, however deep; None when nothing is left."""
    if isinstance(value, dict):
        kept = {key: inner for key, each in value.items() if (inner := prune(each)) is not None}
        return kept or None
    if isinstance(value, list):
        return [inner for each in value if (inner := prune(each)) is not None] or None
    return None if is_empty(value) else value
