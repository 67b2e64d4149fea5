"""The configuration page has every variable, key and default of the code, with the same description."""

from dataclasses import Field, fields
from typing import Any

import pytest
from marshmallow import Schema
from marshmallow import fields as marshmallow_fields

from relay.config.oauth import OAuthSchema
from relay.config.operators import OperatorSchema
from relay.config.schema import ConfigSchema, DestinationSchema, SourceSchema, StoreSchema
from relay.config.webhook_schema import OpenSection
from relay.settings import Settings
from relay.settings_types import default_value, display_value, variable_name
from tests.truth.project import first_cells, page, rows, section

CONFIGURATION = page("docs/configuration.md")


def cell(value: str) -> str:
    return value or "none"


def expected(item: "Field[Any]") -> list[str]:
    value = default_value(item) if item.name == "redis_url" else display_value(item, default_value(item))
    secret = " *Secret.*" if item.metadata["secret"] else ""
    return [variable_name(item), cell(value), item.metadata["doc"] + secret]


@pytest.mark.parametrize("item", fields(Settings), ids=variable_name)
def test_the_page_has_each_setting_with_its_default_and_description(item: "Field[Any]"):
    row = expected(item)

    assert row in rows(section(CONFIGURATION, "Environment")), (
        f"docs/configuration.md needs the row {' | '.join(row)}"
    )


def test_the_page_has_no_other_setting():
    assert first_cells(section(CONFIGURATION, "Environment")) == [
        variable_name(item) for item in fields(Settings)
    ]


def keys(schema: type[Schema]) -> list[str]:
    """Return the keys of a section, those of its subsections with a dot. A section with its own page counts as one key."""
    names = []
    for name, field in schema._declared_fields.items():
        inner = (
            field.schema
            if isinstance(field, marshmallow_fields.Nested) and not isinstance(field, OpenSection)
            else None
        )
        names += [f"{name}.{key}" for key in keys(type(inner))] if inner and inner.fields else [name]
    return names


@pytest.mark.parametrize(
    ("title", "schema"),
    [
        ("Destinations", DestinationSchema),
        ("Sources", SourceSchema),
        ("Stores", StoreSchema),
        ("Operators", OperatorSchema),
    ],
)
def test_the_page_has_exactly_the_keys_of_each_section(title: str, schema: type[Schema]):
    assert sorted(first_cells(section(CONFIGURATION, title))) == sorted(keys(schema))


def test_the_file_has_no_section_that_this_test_does_not_know():
    assert list(ConfigSchema._declared_fields) == [
        "destinations",
        "sources",
        "oauth",
        "stores",
        "operators",
        "alerts",
    ]


def test_the_oauth_page_has_exactly_the_keys_of_its_section():
    assert first_cells(section(page("docs/oauth.md"), "Set it up")) == keys(OAuthSchema)


def test_descriptions_of_settings_are_whole_sentences():
    descriptions = [item.metadata["doc"] for item in fields(Settings)]

    assert [doc for doc in descriptions if not (doc[0].isupper() and doc.endswith("."))] == []
