"""The page on verification matches the code: every scheme, every option, every handshake."""

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
CUSTOM_SECTION = section(PAGE, "Custom schemes")
NONE = "none"


def render_field(field: Field | None) -> str:
    return f"`{field.location}:{field.name}`" if field else NONE


def render_template(signed: Template) -> str:
    """Return the signed text as a configuration writes it."""
    pieces = [
        part.decode()
        if isinstance(part, bytes)
        else f"{{{render_field(part).strip('`') if isinstance(part, Field) else part}}}"
        for part in signed
    ]
    return f"`{''.join(pieces)}`" if pieces else NONE


def render_row(scheme: Scheme) -> str:
    algorithm = NONE if scheme.algorithm is Algorithm.NONE else f"{scheme.algorithm}, {scheme.encoding}"
    secret = NONE if scheme.algorithm is Algorithm.NONE else scheme.secret_format
    seconds = f"{scheme.tolerance_seconds:,}" if scheme.timestamp else NONE
    signature = render_field(scheme.signature)
    return f"| `{scheme.name}` | {algorithm} | {signature} | {render_template(scheme.signed)} | {secret} | {seconds} |"


def test_the_table_lists_every_scheme_as_the_code_defines_it():
    lines = [line for line in section(PAGE, "Schemes").splitlines() if line.startswith("|")]

    assert lines[2:] == [render_row(scheme) for scheme in SCHEMES.values()]


def test_the_page_names_every_scheme_that_signs_the_url():
    url_signers = {name for name, scheme in SCHEMES.items() if SignedPart.URL in scheme.signed}
    [names] = re.findall(r"^\* (.+) sign the URL", PAGE, re.MULTILINE)

    assert set(re.findall(r"`(.+?)`", names)) == url_signers


def test_every_option_is_explained_in_the_order_of_the_code():
    assert first_cells(CUSTOM_SECTION) == list(OPTIONS)


@pytest.mark.parametrize("option", sorted({field.name for field in fields(Scheme)} & set(OPTIONS)))
def test_an_option_has_the_default_that_the_page_names(option: str):
    documented = {name: default for name, default, _ in rows(CUSTOM_SECTION)}[option]
    value = getattr(CUSTOM, option)

    match value:
        case bool():
            assert documented == str(value).lower()
        case None | "" | frozenset():
            assert documented in {"none", "required"}
        case tuple():
            assert documented == render_template(value).strip("`")
        case _:
            assert documented == str(value)


@pytest.mark.parametrize(
    ("option", "choices"),
    [
        ("algorithm", set(Algorithm) - {Algorithm.NONE}),
        ("encoding", set(Encoding)),
        ("secret_format", set(SecretFormat)),
        ("timestamp_format", set(TimestampFormat)),
        ("signed", {f"{{{part}}}" for part in SignedPart}),
    ],
)
def test_every_choice_of_an_option_is_named(option: str, choices: set[str]):
    [row] = [line for line in CUSTOM_SECTION.splitlines() if line.startswith(f"| `{option}` |")]

    assert {choice for choice in choices if f"`{choice}`" not in row} == set()


def test_every_location_of_a_field_is_named():
    [sentence] = [line for line in CUSTOM_SECTION.splitlines() if line.startswith("A field of the request")]

    assert re.findall(r"`(\w+):[A-Z]", sentence) == list(FieldLocation)


def test_every_handshake_is_explained_in_the_order_of_the_code():
    assert first_cells(section(PAGE, "Handshakes")) == list(CHALLENGES)


def test_the_page_states_the_limits_for_secrets():
    assert (SECRET_BYTES_MIN, KEYS_MAX) == (16, 3)
    assert "at least 16 bytes" in PAGE
    assert "at most three secrets" in PAGE


@pytest.mark.parametrize("name", ["mapping", "verification"])
def test_every_source_on_the_page_is_valid(name: str):
    blocks = fenced(page(f"docs/{name}.md"), "yml")

    assert [len(config_of(block).sources) for block in blocks] == [1] * len(blocks)
