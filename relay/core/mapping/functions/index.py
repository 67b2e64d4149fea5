"""Every function of the mapping language by its name."""

from collections.abc import Mapping
from typing import Final

from relay.core.mapping.functions import dates as moments
from relay.core.mapping.functions import jmespath_builtins as standard
from relay.core.mapping.functions import lookup as choices
from relay.core.mapping.functions import numbers, people
from relay.core.mapping.functions import strings as texts
from relay.core.mapping.functions import urls as web
from relay.core.mapping.functions.registry import Function, define_function

FUNCTIONS: Final[Mapping[str, Function]] = {
    function.name: function
    for module in (standard, choices, texts, numbers, moments, people, web)
    for function in map(define_function, module.FUNCTIONS)
}
