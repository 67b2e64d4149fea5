"""The page on verification says what the code does: every scheme column by column, every column, every handshake."""

import re
from dataclasses import fields

import pytest

from relay.core.verification.challenge import CHALLENGES
from relay.core.verification.known_schemes import CUSTOM, SCHEMES
from relay.core.verification.load_keys import KEYS_MAX, SECRET_BYTES_MIN
from relay.core.verification.scheme import (
    Algorithm,
    Encoding,
    Field,
    FieldLocation,
    Scheme,
    SecretFormat,
    SignedPart,
    Template,
    TimestampFormat,
)
from relay.core.verification.scheme_options import OPTIONS
from tests.truth.printed_sources import config_of
from tests.truth.project import fenced, first_cells, page, rows, section

PAGE = page("docs/verification.md")
CUSTOM_SECTION = section(PAGE, "A scheme of your own")
NOTHING = "none"


def place(field: Field | None) -> str:
    return f"`{field.location}:{field.name}`" if field else NOTHING


def template(signed: Template) -> str:
    """As a configuration would write it."""
    pieces = [
        part.decode()
        if isinstance(part, bytes)
        else f"{{{place(part).strip('`') if isinstance(part, Field) else part}}}"
        for part in signed
    ]
    return f"`{''.join(pieces)}`" if pieces else NOTHING


def row(scheme: Scheme) -> str:
    proof = NOTHING if scheme.algorithm is Algorithm.NONE else f"{scheme.algorithm}, {scheme.encoding}"
    secret = NOTHING if scheme.algorithm is Algorithm.NONE else scheme.secret_format
    seconds = f"{scheme.tolerance_seconds:,}" if scheme.timestamp else NOTHING
    where = place(scheme.signature)
    return f"| `{scheme.name}` | {proof} | {where} | {template(scheme.signed)} | {secret} | {seconds} |"


def test_every_scheme_is_in_the_table_as_the_code_has_it():
    lines = [line for line in section(PAGE, "Schemes").splitlines() if line.startswith("|")]

    assert lines[2:] == [row(scheme) for scheme in SCHEMES.values()]


def test_the_schemes_that_sign_an_address_are_named():
    signing = {name for name, scheme in SCHEMES.items() if SignedPart.URL in scheme.signed}
    [told] = re.findall(r"^\* (.+) sign the address", PAGE, re.MULTILINE)

    assert set(re.findall(r"`(.+?)`", told)) == signing


def test_every_column_is_explained_in_the_order_of_the_code():
    assert first_cells(CUSTOM_SECTION) == list(OPTIONS)


@pytest.mark.parametrize("column", sorted({field.name for field in fields(Scheme)} & set(OPTIONS)))
def test_a_column_has_the_default_that_the_page_names(column: str):
    told = {name: default for name, default, _ in rows(CUSTOM_SECTION)}[column]
    value = getattr(CUSTOM, column)

    match value:
        case bool():
            assert told == str(value).lower()
        case None | "" | frozenset():
            assert told in {"none", "required"}
        case tuple():
            assert told == template(value).strip("`")
        case _:
            assert told == str(value)


@pytest.mark.parametrize(
    ("column", "choices"),
    [
        ("algorithm", set(Algorithm) - {Algorithm.NONE}),
        ("encoding", set(Encoding)),
        ("secret_format", set(SecretFormat)),
        ("timestamp_format", set(TimestampFormat)),
        ("signed", {f"{{{part}}}" for part in SignedPart}),
    ],
)
def test_every_choice_of_a_column_is_named(column: str, choices: set[str]):
    [told] = [line for line in CUSTOM_SECTION.splitlines() if line.startswith(f"| `{column}` |")]

    assert {choice for choice in choices if f"`{choice}`" not in told} == set()


def test_every_kind_of_place_is_named():
    [told] = [line for line in CUSTOM_SECTION.splitlines() if line.startswith("A place in the request")]

    assert re.findall(r"`(\w+):[A-Z]", told) == list(FieldLocation)


def test_every_handshake_is_explained_in_the_order_of_the_code():
    assert first_cells(section(PAGE, "Handshakes")) == list(CHALLENGES)


def test_the_page_says_how_long_and_how_many_secrets_are():
    assert (SECRET_BYTES_MIN, KEYS_MAX) == (16, 3)
    assert "at least 16 bytes" in PAGE
    assert "Three at most" in PAGE


@pytest.mark.parametrize("name", ["mapping", "verification"])
def test_every_source_printed_on_the_page_is_right(name: str):
    blocks = fenced(page(f"docs/{name}.md"), "yml")

    assert [len(config_of(block).sources) for block in blocks] == [1] * len(blocks)
