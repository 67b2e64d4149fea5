"""What a parser with a budget is."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from relay.core.errors import RelayError
from relay.core.mapping.work_limit import NoValue, WorkLimitExceeded
from relay.core.vault import UnsealError
from relay.core.verification.rejection import VerificationFailed
from tests.budgets.hostile import Inputs

BODY = 1_048_576
"""The default of RELAY_MAX_BODY_BYTES."""

HEADER = 8_190
"""The longest line that gunicorn accepts, and so the longest header, cookie, path and query."""

ITEMS = 500
"""The default of RELAY_MAX_ITEMS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """A parser of text, or of bytes in UTF-8."""

    name: str
    limit: int
    """Characters of the largest input."""
    run: Callable[[str], object]
    hostile: Inputs
    seconds: float = 3.0
    """CPU time that the largest input may take."""
    memory: int = 160
    """Bytes of memory that each character may take."""

    def parse(self, text: str) -> None:
        """Parse a text. Raises nothing that the relay answers."""
        with suppress(RelayError, VerificationFailed, UnsealError, NoValue, WorkLimitExceeded):
            self.run(text)


def header_text(text: str) -> str:
    """Return a text as a server hands it over in a header: no line breaks, and a character for each byte."""
    return text.encode("ascii", "replace").decode().replace("\n", " ").replace("\r", " ")
