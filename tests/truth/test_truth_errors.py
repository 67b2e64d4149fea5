"""The page of errors lists every code that is raised, where a reader looks for it, and none that is not."""

from http import HTTPStatus

import pytest

from relay.core.default_mapping.losses import MappingChange
from relay.core.gong.problems import ErrorCode, WarningCode
from relay.core.mapping.problems import EventProblemCode, MappingErrorCode
from relay.core.verification.problems import VerificationErrorCode
from relay.core.verification.rejection import RejectionReason
from relay.web.openapi.problems import ERRORS
from tests.truth.codes import ANSWERS, raised
from tests.truth.error_page import print_page
from tests.truth.project import first_cells, page, section

PAGE = page("docs/errors.md")

FROM_FLASK = {
    (status.name.lower(), int(status)) for status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
}
"""Raised by Flask's routing; the code is the status's own name."""

WITHOUT_A_CALL = {("invalid", 422), ("internal_error", 500)}
"""`Invalid` has its code by default, and a crash is answered in one place."""


FROM_WORDS_OF_THE_CODE = {
    "Field errors": list(ErrorCode),
    "Warnings": [*WarningCode, *MappingChange],
    "Verification: at start": list(VerificationErrorCode),
    "Verification: a request": list(RejectionReason),
    "Mapping: at start": list(MappingErrorCode),
    "Mapping: one event": list(EventProblemCode),
}


def told(title: str) -> list[str]:
    return first_cells(section(PAGE, title))


def test_the_tables_are_printed_from_the_code():
    assert print_page(PAGE) == PAGE, "run `make docs`"


def test_every_http_error_that_is_raised_is_in_the_table_and_no_other():
    codes = {(error.code, ANSWERS[error.by]) for error in raised() if error.by in ANSWERS}

    listed = {(code, error.status) for code, error in ERRORS.items()}

    assert listed == codes | FROM_FLASK | WITHOUT_A_CALL


@pytest.mark.parametrize("title", FROM_WORDS_OF_THE_CODE)
def test_every_code_of_these_is_listed_in_the_order_of_the_code(title: str):
    assert told(title) == FROM_WORDS_OF_THE_CODE[title]


def test_every_code_of_an_attempt_is_listed_and_no_other():
    codes = {found.code for found in raised() if found.by in {"NoResponse", "Failed"}}

    assert set(told("Attempts")) == codes


def test_every_code_at_start_is_listed_and_no_other():
    at_start = ("relay/settings.py", "relay/config/")
    codes = {found.code for found in raised() if found.by == "Problem" and found.where.startswith(at_start)}

    assert set(told("At start")) == codes


def test_the_api_says_what_is_wrong_with_a_field_in_the_listed_codes_only():
    at_start = ("relay/settings.py", "relay/config/")
    codes = {
        found.code for found in raised() if found.by == "Problem" and not found.where.startswith(at_start)
    }

    assert codes <= set(ErrorCode) | set(WarningCode)


@pytest.mark.parametrize("title", ["HTTP errors", "Attempts", "At start"])
def test_no_code_is_listed_twice(title: str):
    assert len(set(told(title))) == len(told(title))
