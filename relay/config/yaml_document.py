"""Parse the configuration file's YAML, with line numbers in errors, and substitute every `${NAME}`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from relay.core.errors import Problem, join_path
from relay.core.secret import WithheldSecret
from relay.settings import read_variable

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

_ENDLESS = 2**62
_NUMBER_MAX = 100

# `[${NAME}]` is not valid YAML, because a brace ends a plain text inside brackets. Before parsing, `${NAME}` is replaced
# by a text between private characters. It has the same length, so that columns in errors stay correct.
_OPEN, _CLOSE = "\ue000\ue000", "\ue001"
_PLACEHOLDER = re.compile(f"{_OPEN}([A-Za-z0-9_]+){_CLOSE}")


NODES_MAX = 1_000_000
"""Aliases can turn ten lines into billions of values."""


class FromEnvironment(str):
    """A string whose value came from an environment variable, not from the file itself."""

    __slots__ = ()


class UnsetVariable(FromEnvironment):
    """Replaces a value whose variable is missing. Checks skip it, because the missing variable is already reported."""

    __slots__ = ()


def parse_yaml(text: str, *, max_nodes: int = NODES_MAX) -> tuple[Any, list[Problem]]:
    """Parse a YAML text. Returns the tree, with variables not yet substituted, and the syntax problems.

    max_nodes: the most values, keys and lists that the text may have, with every alias replaced by what it stands for.
    """
    try:
        loader = _Loader(_VARIABLE.sub(rf"{_OPEN}\1{_CLOSE}", text))
        node = loader.get_single_node()
        # Counted before the values are built, because `<<` copies what its aliases stand for.
        if node is not None and _count_nodes(node, {}) > max_nodes:
            message = (
                f"has more than {max_nodes:,} values, with each alias counted as what it stands for; an alias that contains "
                "itself counts without end"
            )
            return None, [Problem("", "syntax", message)]
        return None if node is None else loader.construct_document(node), loader.duplicates
    except yaml.MarkedYAMLError as error:
        return None, [Problem(_location(error.problem_mark), "syntax", f"is not valid YAML: {error.problem}")]
    except (ValueError, OverflowError):
        return None, [
            Problem("", "syntax", "contains a number or a date that does not exist: put it in quotes")
        ]
    except yaml.YAMLError:
        return None, [Problem("", "syntax", "contains a character that YAML does not allow")]
    except RecursionError:
        return None, [Problem("", "syntax", "is nested too deeply")]


def _count_nodes(node: yaml.Node, counts: dict[int, int]) -> int:
    """Return the number of nodes with all aliases expanded. `counts` has those of nodes that were counted before."""
    if id(node) not in counts:
        # An alias that contains itself is infinite. Any number above every limit will do.
        counts[id(node)] = _ENDLESS
        children: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            children = [child for pair in node.value for child in pair]
        elif isinstance(node, yaml.SequenceNode):
            children = node.value
        counts[id(node)] = min(1 + sum(_count_nodes(child, counts) for child in children), _ENDLESS)
    return counts[id(node)]


def substitute_variables(
    tree: Any, environ: Mapping[str, str], *, withholds: Callable[[str], bool] = lambda _: False
) -> tuple[Any, list[Problem]]:
    """Return the tree with all variables substituted, and a problem for each variable that could not be read.

    At a path for which `withholds` is true no variable is read: a `WithheldSecret` takes the value's place.
    """
    substitution = _Substitution(environ, withholds)
    return substitution.apply(tree, ""), substitution.problems


def mask_variables(tree: Any) -> Any:
    """Return a tree for display, with a placeholder for every value from the environment."""
    if isinstance(tree, Mapping):
        return {key: mask_variables(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [mask_variables(value) for value in tree]
    return "(from the environment)" if isinstance(tree, FromEnvironment) else tree


@dataclass(frozen=True, slots=True)
class _Substitution:
    """One pass over a tree. Collects the problems that it finds."""

    environ: Mapping[str, str]
    withholds: Callable[[str], bool]
    problems: list[Problem] = field(default_factory=list)

    def apply(self, node: Any, path: str) -> Any:
        if isinstance(node, dict):
            names = {key: _restore_key(key) for key in node}
            return {
                names[key]: self.apply(value, join_path(path, str(names[key]))) for key, value in node.items()
            }
        if isinstance(node, list):
            return [self.apply(value, f"{path}[{index}]") for index, value in enumerate(node)]
        if isinstance(node, str) and _PLACEHOLDER.search(node):
            return WithheldSecret(path) if self.withholds(path) else self._substitute(node, path)
        return node

    def _substitute(self, text: str, path: str) -> str:
        values = {}
        for name in dict.fromkeys(_PLACEHOLDER.findall(text)):
            try:
                values[name] = _read_value(self.environ, name)
            except ValueError as error:
                self.problems.append(Problem(path, "unset_variable", str(error)))
        if len(values) < len(set(_PLACEHOLDER.findall(text))):
            return UnsetVariable()
        return FromEnvironment(_PLACEHOLDER.sub(lambda match: values[match[1]], text))


def _read_value(environ: Mapping[str, str], name: str) -> str:
    value = read_variable(environ, name)
    if value is None:
        raise ValueError(f"the environment has neither {name} nor {name}_FILE: set one")
    if not value.strip():
        raise ValueError(f"the environment variable {name} is empty: give it a value")
    return value


def _restore_key(key: Any) -> Any:
    # Variables are substituted in values only.
    return _PLACEHOLDER.sub(r"${\1}", key) if isinstance(key, str) else key


def _location(mark: yaml.Mark | None) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""


class _Loader(yaml.SafeLoader):
    """A safe loader that also collects duplicate keys, which YAML itself accepts silently.

    Raises ValueError for a number of more than _NUMBER_MAX characters: YAML has numbers to the base 60, `1:30:00`, and
    reading them takes quadratic time.
    """

    def __init__(self, stream: str) -> None:
        self.duplicates: list[Problem] = []
        super().__init__(stream)

    def construct_scalar(self, node: Any) -> Any:
        is_number = node.tag in {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}
        if is_number and len(node.value) > _NUMBER_MAX:
            raise ValueError("the number is too long")
        return super().construct_scalar(node)

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        first: dict[str, int] = {}
        for key, _ in node.value:
            name = str(key.value)
            if name in first:
                message = f"'{_restore_key(name)}' is a duplicate of line {first[name]}: keep one"
                self.duplicates.append(Problem(_location(key.start_mark), "duplicate_key", message))
            first.setdefault(name, key.start_mark.line + 1)
        return node
