"""What the documents say about one error code."""

import re
from dataclasses import dataclass

_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """What an error code means, and what its reader can do. The text is Markdown, with links as seen from docs/."""

    status: int
    meaning: str
    remedy: str
    second_status: int | None = None

    @property
    def statuses(self) -> tuple[int, ...]:
        return (self.status,) if self.second_status is None else (self.status, self.second_status)

    @property
    def plain_meaning(self) -> str:
        """The meaning without links, for the document and the pages."""
        return _LINK.sub(r"\1", self.meaning)

    @property
    def plain_remedy(self) -> str:
        """The remedy without links, for the document and the pages."""
        return _LINK.sub(r"\1", self.remedy)
