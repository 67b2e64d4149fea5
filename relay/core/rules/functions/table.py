"""Every function of the mapping language by its name."""

from collections.abc import Mapping
from typing import Final

from relay.core.rules.functions import choices, moments, numbers, people, standard, texts, web
from relay.core.rules.functions.registry import Function, described

FUNCTIONS: Final[Mapping[str, Function]] = {
    function.name: function
    for module in (standard, choices, texts, numbers, moments, people, web)
    for function in map(described, module.FUNCTIONS)
}
