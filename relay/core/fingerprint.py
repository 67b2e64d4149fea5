"""Clusters of dead letters: errors that differ only in ids, numbers and names share a fingerprint."""

import hashlib
import re
from dataclasses import dataclass

from relay.core.lifecycle import DeadLetterReason

_LENGTH = 12
_LONGEST_TEXT = 500

_VARIABLE = re.compile(
    r"""
      https?://[^\s"'<>]+                                    # a URL
    | [\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+            # an e-mail address
    | "[^"]*" | (?<!\w)'[^']*'(?!\w) | `[^`]*`               # a quoted value
    | \d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?  # a timestamp
    | \d\d:\d\d:\d\d(?:\.\d+)?
    | \d+(?:[.,]\d+)+\b                                     # a number with separators
    | \b(?=[\w-]*\d)[\w-]+                                  # any word with a digit: numbers, UUIDs, ev-123
    """,
    re.VERBOSE,
)
"""The parts of an error text that differ from event to event."""

_FIELD = re.compile(r"(?:body\.)?([A-Za-z_][\w-]*(?:\[\d*\])*(?:\.[A-Za-z_][\w-]*(?:\[\d*\])*)*)\s*:")


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster of a dead letter. `field` is the path that the error names; empty if it names none."""

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
    """Return the cluster of a dead letter. `text` is its error; without `field`, the path that the text begins with counts."""
    path = leading_field(text) if field is None else field
    return Cluster(compute_fingerprint(reason, status, text, rule=rule, field=path), path)


def compute_fingerprint(
    reason: DeadLetterReason, status: int | None, text: str, *, rule: str | None = None, field: str = ""
) -> str:
    """Return twelve hexadecimal digits."""
    # Destination and source do not count: one problem may affect many customers.
    parts = (str(reason), str(status or ""), mask_variables(text), rule or "", mask_variables(field))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:_LENGTH]


def mask_variables(text: str) -> str:
    """Replace each id, number, timestamp, address and quoted value in the text with an asterisk."""
    return " ".join(_VARIABLE.sub("*", text[:_LONGEST_TEXT]).split())


def leading_field(text: str) -> str:
    """Return the path that an error begins with, as in `content.title: is required`; empty if there is none."""
    match = _FIELD.match(text[:_LONGEST_TEXT])
    return re.sub(r"\[\d+\]", "[]", match[1]) if match else ""
