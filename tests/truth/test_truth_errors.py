"""docs/errors.md is printed from the code, and its tables list every code that is raised and no other."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import pytest

from relay.config.error_codes import STARTUP_ERRORS
from relay.core.default_mapping.losses import CHANGE_MEANINGS, MappingChange
from relay.core.gong.problems import ERROR_MEANINGS, WARNING_MEANINGS, ErrorCode, WarningCode
from relay.core.mapping.problems import (
    EVENT_PROBLEM_MEANINGS,
    MAPPING_ERROR_REMEDIES,
    EventProblemCode,
    MappingErrorCode,
)
from relay.core.outcome import ATTEMPT_ERRORS
from relay.core.verification.problems import VERIFICATION_ERROR_REMEDIES, VerificationErrorCode
from relay.core.verification.rejection import REJECTION_MEANINGS, RejectionReason
from relay.web.openapi.problems import ERRORS
from tests.truth.codes import STATUSES, find_codes
from tests.truth.error_page import print_page
from tests.truth.project import page

FROM_FLASK = {
    (status.name.lower(), int(status)) for status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
}
"""Raised by Flask's routing. The code is the name of the status."""

WITHOUT_A_CALL = {("invalid", 422), ("internal_error", 500)}
"""`ValidationFailed` has its code by default, and one error handler answers all crashes."""

STARTUP_MODULES = ("relay/settings.py", "relay/config/")

ENUM_TABLES: list[tuple[type[StrEnum], Mapping[Any, str]]] = [
    (ErrorCode, ERROR_MEANINGS),
    (WarningCode, WARNING_MEANINGS),
    (MappingChange, CHANGE_MEANINGS),
    (VerificationErrorCode, VERIFICATION_ERROR_REMEDIES),
    (RejectionReason, REJECTION_MEANINGS),
    (MappingErrorCode, MAPPING_ERROR_REMEDIES),
    (EventProblemCode, EVENT_PROBLEM_MEANINGS),
]


def test_the_page_is_printed_from_the_code():
    text = page("docs/errors.md")

    assert print_page(text) == text, "run `make docs`"


def test_every_http_error_that_is_raised_is_in_the_table_and_no_other():
    codes = {(error.code, STATUSES[error.by]) for error in find_codes() if error.by in STATUSES}

    listed = {(code, error.status) for code, error in ERRORS.items()}

    assert listed == codes | FROM_FLASK | WITHOUT_A_CALL


@pytest.mark.parametrize(("codes", "table"), ENUM_TABLES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_member_of_an_enum_has_a_text(codes: Iterable[StrEnum], table: Mapping[StrEnum, str]):
    assert list(table) == list(codes)


def test_every_code_of_an_attempt_is_in_the_table_and_no_other():
    codes = {error.code for error in find_codes() if error.by in {"NoResponse", "Failed"}}

    assert set(ATTEMPT_ERRORS) == codes


def test_every_start_up_error_is_in_the_table_and_no_other():
    codes = {
        error.code
        for error in find_codes()
        if error.by == "Problem" and error.where.startswith(STARTUP_MODULES)
    }

    assert set(STARTUP_ERRORS) == codes


def test_the_api_uses_the_codes_of_validation_errors_only():
    codes = {
        error.code
        for error in find_codes()
        if error.by == "Problem" and not error.where.startswith(STARTUP_MODULES)
    }

    assert codes <= set(ErrorCode) | set(WarningCode)
