"""The configuration file as a tree: YAML read with line numbers in its errors, and every `${NAME}` filled in."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from relay.core.errors import Problem, join_path
from relay.settings import read_variable

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

# `[${NAME}]` is no YAML, for a brace ends a plain text inside brackets. So before parsing, `${NAME}` becomes a text of
# the same length (columns in errors stay true) between characters that no file uses.
_OPEN, _CLOSE = "\ue000\ue000", "\ue001"
_HELD = re.compile(f"{_OPEN}([A-Za-z0-9_]+){_CLOSE}")


class FromEnvironment(str):
    """A text that `${NAME}` took part in, and that so does not stand in the file."""

    __slots__ = ()


class UnsetVariable(FromEnvironment):
    """Stands where a variable could not be read, so that nothing more is said of that place."""

    __slots__ = ()


def parse_yaml(text: str) -> tuple[Any, list[Problem]]:
    """The tree of a YAML text, with `${NAME}` still to be filled in, and what is wrong with its form."""
    try:
        loader = _Loader(_VARIABLE.sub(rf"{_OPEN}\1{_CLOSE}", text))
        return loader.get_single_data(), loader.repeated
    except yaml.MarkedYAMLError as error:
        return None, [Problem(_place(error.problem_mark), "syntax", f"this is no YAML: {error.problem}")]
    except yaml.YAMLError:
        return None, [Problem("", "syntax", "it holds a character that YAML does not allow")]
    except RecursionError:
        return None, [Problem("", "syntax", "it is nested too deep")]


def substitute_variables(tree: Any, environ: Mapping[str, str]) -> tuple[Any, list[Problem]]:
    """The same tree with every variable's value in its place, and the variables that could not be read."""
    problems: list[Problem] = []
    return _filled(tree, "", environ, problems), problems


def mask_variables(tree: Any) -> Any:
    """A tree that was filled in, for people: what the environment gave to it is not told."""
    if isinstance(tree, Mapping):
        return {key: mask_variables(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [mask_variables(value) for value in tree]
    return "(from the environment)" if isinstance(tree, FromEnvironment) else tree


def _filled(node: Any, path: str, environ: Mapping[str, str], problems: list[Problem]) -> Any:
    if isinstance(node, dict):
        return {
            _restored(key): _filled(value, join_path(path, str(_restored(key))), environ, problems)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_filled(value, f"{path}[{index}]", environ, problems) for index, value in enumerate(node)]
    if isinstance(node, str) and _HELD.search(node):
        return _read(node, path, environ, problems)
    return node


def _read(text: str, path: str, environ: Mapping[str, str], problems: list[Problem]) -> str:
    values = {}
    for name in dict.fromkeys(_HELD.findall(text)):
        try:
            values[name] = _value(environ, name)
        except ValueError as error:
            problems.append(Problem(path, "unset_variable", str(error)))
    if len(values) < len(set(_HELD.findall(text))):
        return UnsetVariable()
    return FromEnvironment(_HELD.sub(lambda held: values[held[1]], text))


def _value(environ: Mapping[str, str], name: str) -> str:
    value = read_variable(environ, name)
    if value is None:
        raise ValueError(f"the environment holds no {name} (nor {name}_FILE): set it")
    if not value.strip():
        raise ValueError(f"the environment's {name} is empty: give it a value")
    return value


def _restored(key: Any) -> Any:
    """A key of the file as it was written: variables are not read there."""
    return _HELD.sub(r"${\1}", key) if isinstance(key, str) else key


def _place(mark: yaml.Mark | None) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""


class _Loader(yaml.SafeLoader):
    """YAML's safe types, and a note of every key that is given twice: YAML itself lets the last one win in silence."""

    def __init__(self, stream: str) -> None:
        self.repeated: list[Problem] = []
        super().__init__(stream)

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        first: dict[str, int] = {}
        for key, _ in node.value:
            name = str(key.value)
            if name in first:
                message = f"'{_restored(name)}' was given before, at line {first[name]}: keep one"
                self.repeated.append(Problem(_place(key.start_mark), "duplicate_key", message))
            first.setdefault(name, key.start_mark.line + 1)
        return node
