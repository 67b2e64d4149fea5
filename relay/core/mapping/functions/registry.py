"""What a function of the mapping language is: a Python function whose own signature says what it takes.

A parameter annotated `str`, `float`, `list` or `dict` takes that JSON type, `ElementFunction` takes `&expression`, `Any`
takes everything as it is, and `object` everything down to its last leaf, which is paid for. Where a typed
parameter gets null the answer is null: what is missing stays missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, signature
from types import UnionType
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints

from relay.core.mapping.work_limit import TEXT_MAX, NoValue, StepCounter

ElementFunction: TypeAlias = Callable[[Any], Any]
"""An expression that a function applies to each element."""

_NAMES = {str: "text", float: "a number", bool: "true or false", list: "a list", dict: "an object"}
_STEPS_PER_CALL = 10
_FAILURES = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class ParameterType:
    """What one parameter takes. `each` is for `&expression`, `deep` for what is read down to its leaves."""

    types: tuple[type, ...] = ()
    anything: bool = False
    deep: bool = False
    each: bool = False

    def takes(self, value: Any) -> bool:
        if isinstance(value, bool):
            return bool in self.types
        return isinstance(value, self.types)

    def __str__(self) -> str:
        return " or ".join(_NAMES[kind] for kind in self.types if kind in _NAMES)


@dataclass(frozen=True, slots=True)
class Function:
    """A function by its name in the language. `rest` is the kind of any further arguments."""

    name: str
    does: Callable[..., Any]
    kinds: tuple[ParameterType, ...]
    least: int
    rest: ParameterType | None

    @property
    def most(self) -> int | None:
        return None if self.rest else len(self.kinds)

    def kind(self, place: int) -> ParameterType:
        """What the argument at this place takes. KeyError-free: a place too many reads as anything."""
        if place < len(self.kinds):
            return self.kinds[place]
        return self.rest or _ANYTHING

    def call(self, given: list[Any], meter: StepCounter) -> Any:
        """Check, pay and run. Unfit says what the payload did not hold."""
        meter.count(_STEPS_PER_CALL)
        for place, value in enumerate(given):
            kind = self.kind(place)
            if kind.deep:
                meter.count_contents(value)
            elif not kind.anything and not kind.each:
                if value is None:
                    return None
                if not kind.takes(value):
                    raise NoValue(f"{self.name}() takes {kind} as argument {place + 1}")
                if isinstance(value, str) and len(value) > TEXT_MAX:
                    raise NoValue(f"{self.name}() takes no text of more than {TEXT_MAX} characters")
                meter.count(_bulk(value))
        return self._run(given)

    def _run(self, given: list[Any]) -> Any:
        try:
            result = self.does(*given)
        except NoValue as error:
            raise NoValue(f"{self.name}() {error}") from None
        except _FAILURES:
            raise NoValue(f"{self.name}() cannot work on what the payload holds") from None
        if isinstance(result, str) and len(result) > TEXT_MAX:
            raise NoValue(f"{self.name}() makes a text of more than {TEXT_MAX} characters")
        return result


def define_function(does: Callable[..., Any]) -> Function:
    """A Python function as one of the language. A trailing underscore keeps its name off Python's own."""
    hints = get_type_hints(does)
    parameters = list(signature(does).parameters.values())
    fixed = [each for each in parameters if each.kind is not Parameter.VAR_POSITIONAL]
    rest = [_kind(hints[each.name]) for each in parameters if each.kind is Parameter.VAR_POSITIONAL]
    return Function(
        name=does.__name__.rstrip("_"),
        does=does,
        kinds=tuple(_kind(hints[each.name]) for each in fixed),
        least=sum(each.default is Parameter.empty for each in fixed),
        rest=rest[0] if rest else None,
    )


def check_length(characters: int) -> None:
    """Raise NoValue if a function is about to make a text longer than TEXT_MAX."""
    if characters > TEXT_MAX:
        raise NoValue(f"would make a text of more than {TEXT_MAX} characters")


def _kind(hint: Any) -> ParameterType:
    if hint is Any:
        return _ANYTHING
    if hint is object:
        return ParameterType(deep=True)
    if hint == ElementFunction:
        return ParameterType(each=True)
    parts = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    plain = tuple(get_origin(part) or part for part in parts)
    return ParameterType((*plain, int) if float in plain else plain)


def _bulk(value: Any) -> int:
    """What reading an argument costs. Text beyond ASCII costs most: a domain in it has to be written anew."""
    if isinstance(value, str):
        return len(value) >> 1 if value.isascii() else len(value) << 1
    return len(value) if isinstance(value, list | dict) else 0


_ANYTHING = ParameterType(anything=True)
