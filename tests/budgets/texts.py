"""Parsers of text inside a payload: people, redaction, times, addresses and functions of mappings."""

from collections.abc import Callable
from contextlib import suppress

from relay.core.email_address import normalize_domain, normalize_email
from relay.core.errors import RelayError
from relay.core.event.sanitize import clean_text, strip_url_secrets
from relay.core.fingerprint import cluster_dead_letter
from relay.core.gong import formats
from relay.core.lifecycle import DeadLetterReason
from relay.core.mapping.functions.index import FUNCTIONS
from relay.core.mapping.work_limit import TEXT_MAX, NoValue, StepCounter, WorkLimitExceeded
from relay.core.masked_ids import mask_event_id
from relay.core.outcome import parse_retry_after
from relay.core.personal_data import (
    REQUEST_MAX,
    find_people,
    find_people_in_json,
    find_people_in_sentence,
    person_from_email,
    person_from_phone,
)
from relay.core.redaction import (
    redact,
    redact_at_path,
    redact_headers,
    redact_name,
    redact_path,
    redact_query,
    redact_sentence,
)
from relay.core.strict_json import parse_json
from relay.core.timestamps import parse_timestamp, parse_timestamp_or_age
from tests.budgets.hostile import JSON, TEXT, nest, number, repeat, some
from tests.budgets.parser import BODY, Parser
from tests.strategies import NOW

_EVENT_CHARACTERS = 1_000
_ID_CHARACTERS = 250


def _mask_ids(text: str) -> None:
    """Mask the ids of a batch of small events, each with the names that its id consists of."""
    for start in range(0, len(text), _EVENT_CHARACTERS):
        names = text[start : start + _EVENT_CHARACTERS]
        recipients = [{"name": name} for name in names.split(";")]
        mask_event_id(names[:_ID_CHARACTERS], source="web", people=(), body={"recipients": recipients})


def _call_functions(names: tuple[str, ...]) -> Callable[[str], object]:
    def run(text: str) -> None:
        for name in names:
            function = FUNCTIONS[name]
            arguments = [text, *["a"] * (function.min_arguments - 1)]
            with suppress(NoValue, WorkLimitExceeded):
                function.call(arguments, StepCounter())

    return run


_TEXT_FUNCTIONS = tuple(
    function.name
    for function in FUNCTIONS.values()
    if function.max_arguments is None or function.parameter_at(0).accepts("")
)


def _check_formats(text: str) -> None:
    for check in (
        formats.check_timestamp, formats.check_event_id, formats.check_url, formats.check_email,
        formats.check_domain, formats.check_number, formats.check_date_or_timestamp, formats.check_duration,
    ):  # fmt: skip
        check(text)


def _all_of(*functions: Callable[[str], object]) -> Callable[[str], object]:
    """Run several functions, each of which may raise ValueError."""

    def run(text: str) -> None:
        for function in functions:
            with suppress(ValueError, RelayError):
                function(text)

    return run


def _redact_texts(text: str) -> None:
    redact_sentence(text)
    redact_name(text)
    redact_path(text)
    redact_at_path(text, text)
    redact(text, "email")
    redact_headers({"user-agent": text, text: text})
    redact_query({text: text})


PARSERS = (
    Parser(
        name="people in a request",
        limit=BODY,
        run=lambda text: find_people(text.encode(), most=REQUEST_MAX),
        hostile=TEXT
        | {
            "addresses in JSON in JSON in JSON": nest(3, repeat('"a@b.co",')),
            "escaped addresses": repeat("a%2540b.co%20"),
            "escaped letters": repeat("\\u0040a"),
            "names of phone numbers": repeat('"phonephonephone'),
            "quoted plus signs": repeat('"+1 1'),
        },
    ),
    Parser(
        name="people in JSON",
        limit=BODY,
        run=lambda text: find_people_in_json(parse_json(text.encode())),
        hostile={
            "addresses": number('"u#@acme.com",', "[", '""]'),
            "addresses with long domains beyond ASCII": repeat(
                '"a@' + "é" * 60 + ".é" * 90 + '.com",', "[", '""]'
            ),
            "numbers": number('{"phone":1234567#},', "[", "{}]"),
        },
    ),
    Parser(
        name="redaction: payload",
        limit=BODY,
        run=lambda text: redact(parse_json(text.encode())),
        hostile=some(JSON, "empty lists", "different keys", "short strings", "levels up to the limit"),
    ),
    Parser(name="redaction: text", limit=BODY, run=_redact_texts, hostile=TEXT),
    Parser(name="people in a sentence", limit=4_000, run=find_people_in_sentence, hostile=TEXT),
    Parser(
        name="names in eventIds",
        limit=BODY,
        run=_mask_ids,
        hostile={
            "names that begin alike": number("aaa# "),
            "names of two words": number("ab #;"),
            "numbers": number("1234567#;"),
            "letters": repeat("a"),
        },
    ),
    Parser(
        name="fingerprint of an error",
        limit=BODY,
        run=lambda text: cluster_dead_letter(DeadLetterReason.MAPPING_FAILED, text),
        hostile=TEXT
        | {"fields": repeat("a."), "indexes": repeat("[1]", "a"), "open indexes": repeat("[", "a")},
    ),
    Parser(
        name="mapping functions",
        limit=TEXT_MAX,
        run=_call_functions(_TEXT_FUNCTIONS),
        hostile=TEXT | {"entities": repeat("&#1"), "digits of an entity": repeat("1", "&#")},
    ),
    Parser(
        name="e-mail addresses and domains",
        limit=BODY,
        run=_all_of(normalize_email, normalize_domain, person_from_email, person_from_phone),
        hostile=TEXT | {"www": repeat("www."), "slashes": repeat("/"), "ports": repeat(":1")},
    ),
    Parser(
        name="formats of Gong's values",
        limit=BODY,
        run=_check_formats,
        hostile=TEXT
        | {
            "exponents": repeat("1", "1e"),
            "parts of a link": repeat("a", "https://a/"),
            "zeros": repeat("0"),
        },
    ),
    Parser(
        name="cleaning of text",
        limit=BODY,
        run=_all_of(clean_text, strip_url_secrets),
        hostile=TEXT
        | {
            "controls": repeat("\x01a"),
            "pairs": repeat("token=1&", "https://a/?"),
            "question marks": repeat("?a=", "#"),
        },
    ),
    Parser(
        name="timestamps",
        limit=BODY,
        run=_all_of(
            parse_timestamp,
            lambda text: parse_timestamp_or_age(text, now=NOW),
            lambda text: parse_retry_after(text, NOW),
        ),
        hostile=some(TEXT, "digits", "spaces", "minus signs", "words", "dots")
        | {
            "fractions of a second": repeat("1", "2026-11-20T10:00:00.", "Z"),
            "commas": repeat(","),
            "colons": repeat("1:"),
        },
    ),
)
