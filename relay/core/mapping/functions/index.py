"""Every function of the mapping language, by name."""

from collections.abc import Mapping
from typing import Final

from relay.core.mapping.functions import dates, jmespath_builtins, lookup, numbers, people, strings, urls
from relay.core.mapping.functions.registry import Function, define_function

FUNCTIONS: Final[Mapping[str, Function]] = {
    function.name: function
    for module in (jmespath_builtins, lookup, strings, numbers, dates, people, urls)
    for function in map(define_function, module.FUNCTIONS)
}
