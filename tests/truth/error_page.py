"""`python -m tests.truth.error_page`: print the tables of docs/errors.md from the code.

The texts beside the tables are written by hand. A test fails when a table differs from the code.
"""

import re
from collections.abc import Mapping, Sequence

from relay.config.error_codes import STARTUP_ERRORS
from relay.core.default_mapping.losses import CHANGE_MEANINGS
from relay.core.gong.problems import ERROR_MEANINGS, WARNING_MEANINGS
from relay.core.mapping.problems import EVENT_PROBLEM_MEANINGS, MAPPING_ERROR_REMEDIES
from relay.core.outcome import ATTEMPT_ERRORS
from relay.core.verification.problems import VERIFICATION_ERROR_REMEDIES
from relay.core.verification.rejection import REJECTION_MEANINGS
from relay.web.openapi.problems import ERRORS
from tests.truth.project import ROOT

PATH = ROOT / "docs" / "errors.md"

Table = Sequence[Sequence[str]]
"""Rows of cells, the head first."""


def _http_errors() -> Table:
    rows = [
        (f"`{code}`", "/".join(map(str, error.statuses)), error.meaning, error.remedy)
        for code, error in ERRORS.items()
    ]
    return [("code", "status", "meaning", "what to do"), *rows]


def _codes(head: str, *texts: Mapping[str, str]) -> Table:
    return [("code", head), *((f"`{code}`", text) for part in texts for code, text in part.items())]


TABLES = {
    "HTTP errors": _http_errors(),
    "Field errors": _codes("meaning", ERROR_MEANINGS),
    "Warnings": _codes("meaning", WARNING_MEANINGS, CHANGE_MEANINGS),
    "Delivery attempts": _codes("meaning", ATTEMPT_ERRORS),
    "Start-up errors": _codes("meaning", STARTUP_ERRORS),
    "Verification: configuration errors": _codes("what to do", VERIFICATION_ERROR_REMEDIES),
    "Verification: rejected requests": _codes("meaning", REJECTION_MEANINGS),
    "Mapping: configuration errors": _codes("what to do", MAPPING_ERROR_REMEDIES),
    "Mapping: event problems": _codes("meaning", EVENT_PROBLEM_MEANINGS),
}
"""The table below each heading of the page."""


def print_page(text: str) -> str:
    """Return the page with every table printed from the code."""
    for heading, table in TABLES.items():
        text = _replace_table(text, heading, _markdown(table))
    return text


def _replace_table(text: str, heading: str, table: str) -> str:
    pattern = rf"(^#+ {re.escape(heading)}\n(?:(?!#|\|).*\n)*)(?:\|.*\n)+"
    printed, count = re.subn(pattern, lambda match: match[1] + table, text, flags=re.MULTILINE)
    assert count == 1, f"there is no table below the heading {heading!r}"
    return printed


def _markdown(table: Table) -> str:
    head, *rows = table
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    PATH.write_text(print_page(PATH.read_text("utf-8")), "utf-8")
