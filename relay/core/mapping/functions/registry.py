"""Functions of the mapping language: Python functions whose signatures say what they accept.

A parameter annotated `str`, `float`, `list` or `dict` accepts that JSON type, `ElementFunction` accepts `&expression`,
`Any` accepts every value, and `object` accepts every value and counts its contents. If a parameter with a JSON type
gets null, the function is not called and its result is null: a missing value stays missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, signature
from types import UnionType
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints

from relay.core.mapping.work_limit import TEXT_MAX, NoValue, StepCounter

ElementFunction: TypeAlias = Callable[[Any], Any]
"""An expression that a function applies to each element of a list."""

_TYPE_NAMES = {str: "text", float: "a number", bool: "true or false", list: "a list", dict: "an object"}
_STEPS_PER_CALL = 10
_FAILURES = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)
"""What a function may raise on odd values, such as a list of mixed types to sort."""


@dataclass(frozen=True, slots=True)
class ParameterType:
    """What one parameter of a function accepts."""

    types: tuple[type, ...] = ()
    any_type: bool = False
    reads_contents: bool = False
    """Accepts every value, and the function reads all of its contents."""
    is_expression: bool = False
    """Accepts `&expression`."""

    def accepts(self, value: Any) -> bool:
        if isinstance(value, bool):  # a bool is an int in Python, and not a number in JSON
            return bool in self.types
        return isinstance(value, self.types)

    def __str__(self) -> str:
        return " or ".join(_TYPE_NAMES[type_] for type_ in self.types if type_ in _TYPE_NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of the mapping language."""

    name: str
    implementation: Callable[..., Any]
    parameters: tuple[ParameterType, ...]
    min_arguments: int
    variadic: ParameterType | None
    """The type of any further arguments; None if there are none."""

    @property
    def max_arguments(self) -> int | None:
        return None if self.variadic else len(self.parameters)

    def parameter_at(self, index: int) -> ParameterType:
        """Return the type of one argument. An index beyond the last parameter accepts any value."""
        if index < len(self.parameters):
            return self.parameters[index]
        return self.variadic or _ANY

    def call(self, arguments: list[Any], counter: StepCounter) -> Any:
        """Check the arguments, count their cost, and call. Raises NoValue if the payload's values do not fit."""
        # A call does more than visit a node: it also checks its arguments.
        counter.count(_STEPS_PER_CALL)
        for index, value in enumerate(arguments):
            parameter = self.parameter_at(index)
            if parameter.reads_contents:
                counter.count_contents(value)
            elif not parameter.any_type and not parameter.is_expression:
                if value is None:
                    return None
                if not parameter.accepts(value):
                    raise NoValue(f"{self.name}() takes {parameter} as argument {index + 1}")
                if isinstance(value, str) and len(value) > TEXT_MAX:
                    raise NoValue(f"{self.name}() accepts text of at most {TEXT_MAX} characters")
                counter.count(_count_argument_steps(value))
        return self._run(arguments)

    def _run(self, arguments: list[Any]) -> Any:
        try:
            result = self.implementation(*arguments)
        except NoValue as error:
            raise NoValue(f"{self.name}() {error}") from None
        except _FAILURES:
            # Python's own message may quote the payload, and people who must not see payloads read this one.
            raise NoValue(f"{self.name}() cannot process the payload's values") from None
        if isinstance(result, str) and len(result) > TEXT_MAX:
            raise NoValue(f"{self.name}() produces text longer than {TEXT_MAX} characters")
        return result


def define_function(implementation: Callable[..., Any]) -> Function:
    """Describe a Python function as one of the language. A trailing underscore only avoids a Python built-in's name."""
    hints = get_type_hints(implementation)
    parameters = list(signature(implementation).parameters.values())
    fixed = [parameter for parameter in parameters if parameter.kind is not Parameter.VAR_POSITIONAL]
    variadic = [
        _make_parameter_type(hints[parameter.name])
        for parameter in parameters
        if parameter.kind is Parameter.VAR_POSITIONAL
    ]
    return Function(
        name=implementation.__name__.rstrip("_"),
        implementation=implementation,
        parameters=tuple(_make_parameter_type(hints[parameter.name]) for parameter in fixed),
        min_arguments=sum(parameter.default is Parameter.empty for parameter in fixed),
        variadic=variadic[0] if variadic else None,
    )


def check_length(characters: int) -> None:
    """Raise NoValue if a function is about to return text longer than TEXT_MAX characters."""
    if characters > TEXT_MAX:
        raise NoValue(f"would produce text longer than {TEXT_MAX} characters")


def _make_parameter_type(hint: Any) -> ParameterType:
    if hint is Any:
        return _ANY
    if hint is object:
        return ParameterType(reads_contents=True)
    if hint == ElementFunction:
        return ParameterType(is_expression=True)
    members = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    types = tuple(get_origin(member) or member for member in members)
    # JSON has only one type of number.
    return ParameterType((*types, int) if float in types else types)


def _count_argument_steps(value: Any) -> int:
    if isinstance(value, str):
        # Text beyond ASCII costs more: normalizing a domain in it means encoding it as Punycode.
        return len(value) >> 1 if value.isascii() else len(value) << 1
    return len(value) if isinstance(value, list | dict) else 0


_ANY = ParameterType(any_type=True)
