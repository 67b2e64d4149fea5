"""The page of configuration says what the code reads: every variable, every key, every default, in its own words."""

from dataclasses import Field, fields
from typing import Any

import pytest
from marshmallow import Schema
from marshmallow import fields as kinds

from relay.config.oauth import OAuthSchema
from relay.config.operators import OperatorSchema
from relay.config.schema import ConfigSchema, DestinationSchema, SourceSchema, StoreSchema
from relay.config.webhook_schema import OpenSection
from relay.settings import Settings
from relay.settings_types import default, display_value, variable_name
from tests.truth.project import first_cells, page, rows, section

CONFIGURATION = page("docs/configuration.md")


def written(value: str) -> str:
    return value or "none"


def expected(item: "Field[Any]") -> list[str]:
    value = default(item) if item.name == "redis_url" else display_value(item, default(item))
    secret = " *Secret.*" if item.metadata["secret"] else ""
    return [variable_name(item), written(value), item.metadata["doc"] + secret]


@pytest.mark.parametrize("item", fields(Settings), ids=variable_name)
def test_a_setting_stands_on_its_page_with_its_default_and_its_meaning(item: "Field[Any]"):
    row = expected(item)

    assert row in rows(section(CONFIGURATION, "Environment")), (
        f"docs/configuration.md needs the row {' | '.join(row)}"
    )


def test_no_setting_stands_on_the_page_that_is_not_there():
    assert first_cells(section(CONFIGURATION, "Environment")) == [
        variable_name(item) for item in fields(Settings)
    ]


def keys(schema: type[Schema]) -> list[str]:
    """The keys of a part of the file, those of parts inside it with a dot. A part with a page of its own is one key."""
    found = []
    for name, field in schema._declared_fields.items():
        inner = (
            field.schema if isinstance(field, kinds.Nested) and not isinstance(field, OpenSection) else None
        )
        found += [f"{name}.{key}" for key in keys(type(inner))] if inner and inner.fields else [name]
    return found


@pytest.mark.parametrize(
    ("title", "schema"),
    [
        ("Destinations", DestinationSchema),
        ("Sources", SourceSchema),
        ("Stores", StoreSchema),
        ("Operators", OperatorSchema),
    ],
)
def test_every_key_of_the_file_stands_on_its_page_and_no_other(title: str, schema: type[Schema]):
    assert sorted(first_cells(section(CONFIGURATION, title))) == sorted(keys(schema))


def test_the_file_has_no_part_that_the_page_leaves_out():
    assert list(ConfigSchema._declared_fields) == [
        "destinations",
        "sources",
        "oauth",
        "stores",
        "operators",
        "alerts",
    ]


def test_every_key_of_the_application_stands_on_its_page_and_no_other():
    assert first_cells(section(page("docs/oauth.md"), "Set it up")) == keys(OAuthSchema)


def test_settings_explain_themselves_in_whole_sentences():
    told = [item.metadata["doc"] for item in fields(Settings)]

    assert [doc for doc in told if not (doc[0].isupper() and doc.endswith("."))] == []
