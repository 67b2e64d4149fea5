"""A rule's map, parsed: a tree in the shape of Gong's body whose leaves are literals and templates."""

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
_INVALID = Template(())
"""Replaces a leaf that does not parse, so that the rest of the map is still checked."""


@dataclass(slots=True)
class BuildContext:
    """What building one body needs: the values expressions read, a step counter, and the warnings so far."""

    scope: Mapping[str, Any]
    counter: StepCounter
    warnings: list[Problem] = field(default_factory=list)


Builder: TypeAlias = Callable[[BuildContext], Any]
"""Builds one part of the body; returns None if nothing of it has a value."""


@dataclass(frozen=True, slots=True)
class MapTree:
    """A parsed map, ready to build bodies."""

    root: Any
    """The map as written, with a Template for each leaf that holds expressions."""
    build: Builder
    templates: Mapping[str, Template]
    """Every template by its path inside the map, such as `person.email`."""


def parse_map(spec: Any, *, path: str) -> tuple[MapTree, list[Problem]]:
    """Parse a map. Returns the tree and every problem in it; a tree with problems serves only for further checks.

    `path` is the map's path in the configuration. Problems start with it, the paths of templates do not.
    """
    problems: list[Problem] = []
    root = _parse_node(spec, path, problems, depth=0)
    templates = dict(_walk_templates(root, ""))
    if len(templates) > EXPRESSIONS_MAX:
        message = f"has {len(templates)} expressions; the limit is {EXPRESSIONS_MAX}"
        problems.append(Problem(path, MappingErrorCode.TOO_LARGE, message))
    return MapTree(root, _make_builder(root, ""), templates), problems


def _parse_node(spec: Any, path: str, problems: list[Problem], *, depth: int) -> Any:
    # No body of Gong's nests this deep. The limit keeps the recursion short.
    if depth > _DEPTH_MAX:
        problems.append(Problem(path, MappingErrorCode.TOO_LARGE, f"nests deeper than {_DEPTH_MAX} levels"))
    elif isinstance(spec, str):
        parsed = parse_template(spec, path=path)
        if not isinstance(parsed, list):
            return parsed
        problems += parsed
        return _INVALID
    elif isinstance(spec, list):
        return [
            _parse_node(item, f"{path}[{index}]", problems, depth=depth + 1)
            for index, item in enumerate(spec)
        ]
    elif isinstance(spec, Mapping):
        return _parse_object(spec, path, problems, depth=depth)
    else:
        return spec
    return None


def _parse_object(
    spec: Mapping[Any, Any], path: str, problems: list[Problem], *, depth: int
) -> dict[str, Any]:
    parsed: dict[str, Any] = {}
    for key, value in spec.items():
        if isinstance(key, str):
            parsed[key] = _parse_node(value, join_path(path, printable_key(key)), problems, depth=depth + 1)
        else:
            # YAML reads an unquoted `on:`, `1:` or `null:` as a key that is not text.
            message = "is not text: put the key in quotes"
            problems.append(Problem(join_path(path, str(key)), MappingErrorCode.UNKNOWN_KEY, message))
    return parsed


def _walk_templates(node: Any, path: str) -> Iterator[tuple[str, Template]]:
    if isinstance(node, Template):
        yield path, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _walk_templates(value, join_path(path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _walk_templates(value, f"{path}[{index}]")


def _make_builder(node: Any, path: str) -> Builder:
    if isinstance(node, Template):
        return _make_template_builder(node, path)
    if isinstance(node, dict):
        return _make_object_builder(node, path)
    if isinstance(node, list):
        return _make_list_builder(
            [_make_builder(value, f"{path}[{index}]") for index, value in enumerate(node)]
        )
    constant = None if is_empty(node) else node
    return lambda _: constant


def _make_template_builder(template: Template, path: str) -> Builder:
    def build(context: BuildContext) -> Any:
        try:
            value = template.evaluate(context.scope, context.counter)
            if isinstance(value, str):
                # Longer text is cut to Gong's limits anyway; cutting here bounds the work on it.
                value = value[:TEXT_MAX]
            context.counter.count_contents(value)
        except NoValue as error:
            # Not fatal: whether the body can do without this value is for Gong's own rules to decide.
            context.warnings.append(Problem(path, EventProblemCode.NO_VALUE, str(error)))
            return None
        return prune(value)

    return build


class UnfilledObject(dict[str, Any]):
    """An object whose expressions all came out empty, so that it holds only the map's literals."""


def _make_object_builder(node: dict[str, Any], path: str) -> Builder:
    builders = [(key, _make_builder(value, join_path(path, key))) for key, value in node.items()]
    keys_with_templates = [key for key, value in node.items() if any(_walk_templates(value, ""))]

    def build(context: BuildContext) -> dict[str, Any] | None:
        body = {key: value for key, builder in builders if (value := builder(context)) is not None}
        # Literals alone, such as the name of a CRM, say nothing about this event: mark the object, so that it can
        # be left out without a warning.
        if keys_with_templates and not any(_is_filled(body.get(key)) for key in keys_with_templates):
            return UnfilledObject(body) or None
        return body or None

    return build


def _is_filled(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_is_filled, value))
    return value is not None and not isinstance(value, UnfilledObject)


def _make_list_builder(builders: list[Builder]) -> Builder:
    def build(context: BuildContext) -> list[Any] | None:
        values = [value for builder in builders if (value := builder(context)) is not None]
        return values or None

    return build


def prune(value: Any) -> Any:
    """Remove null, blank text, empty lists and empty objects at every level. None if nothing is left."""
    if isinstance(value, dict):
        filled = {key: pruned for key, child in value.items() if (pruned := prune(child)) is not None}
        return filled or None
    if isinstance(value, list):
        return [pruned for child in value if (pruned := prune(child)) is not None] or None
    return None if is_empty(value) else value
