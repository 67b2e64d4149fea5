"""One name for one fault: dead letters whose reasons differ only in ids, figures and names share a fingerprint."""

import hashlib
import re
from dataclasses import dataclass

from relay.core.lifecycle import DeadLetterReason

_LENGTH = 12
_LONGEST_TEXT = 500

_VARIABLE = re.compile(
    r"""
      https?://[^\s"'<>]+                                    # an address
    | [\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+            # an e-mail
    | "[^"]*" | (?<!\w)'[^']*'(?!\w) | `[^`]*`               # a quoted value
    | \d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?  # a moment
    | \d\d:\d\d:\d\d(?:\.\d+)?
    | \d+(?:[.,]\d+)+\b                                     # a figure
    | \b(?=[\w-]*\d)[\w-]+                                  # whatever holds a digit: numbers, UUIDs, ev-123
    """,
    re.VERBOSE,
)
"""What differs from event to event."""

_FIELD = re.compile(r"(?:body\.)?([A-Za-z_][\w-]*(?:\[\d*\])*(?:\.[A-Za-z_][\w-]*(?:\[\d*\])*)*)\s*:")


@dataclass(frozen=True, slots=True)
class Cluster:
    """What dead letters of one fault have in common. `field` is the path that was at fault, where one was named."""

    fingerprint: str
    field: str


def cluster_dead_letter(
    reason: DeadLetterReason,
    text: str,
    *,
    status: int | None = None,
    rule: str | None = None,
    field: str | None = None,
) -> Cluster:
    """The cluster of a dead letter. `text` is what was said of it; its first word may be the field at fault."""
    at_fault = leading_field(text) if field is None else field
    return Cluster(fingerprint(reason, status, text, rule=rule, field=at_fault), at_fault)


def fingerprint(
    reason: DeadLetterReason, status: int | None, text: str, *, rule: str | None = None, field: str = ""
) -> str:
    """Twelve hexadecimal digits. Destination and source are no part of it: one fault may strike many customers."""
    parts = (str(reason), str(status or ""), mask_variables(text), rule or "", mask_variables(field))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:_LENGTH]


def mask_variables(text: str) -> str:
    """The text with a star in place of each id, figure, moment, address and quoted value."""
    return " ".join(_VARIABLE.sub("*", text[:_LONGEST_TEXT]).split())


def leading_field(text: str) -> str:
    """The path that a message begins with, as in `content.title: is required`; empty where it names none."""
    found = _FIELD.match(text)
    return re.sub(r"\[\d+\]", "[]", found[1]) if found else ""
