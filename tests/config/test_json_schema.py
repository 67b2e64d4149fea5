"""The published JSON Schema agrees with the schemas that validate the file."""

import json
from typing import Any

import pytest
import yaml

from relay.config.json_schema import build_json_schema
from relay.config.presets import preset_names, render_starter
from relay.config.schema import (
    AuthSchema,
    BasicSchema,
    ConfigSchema,
    DestinationSchema,
    LimitsSchema,
    SourceSchema,
)
from relay.config.webhook_schema import AnswerSchema, ReadSchema, RuleSchema, VerifySchema
from relay.core.mapping.compile import compile_mapping
from relay.core.verification.challenge import CHALLENGES
from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.scheme_options import OPTIONS
from tests.core.mapping.builders import a_rule

SCHEMA = build_json_schema()
PARTS = SCHEMA["$defs"]


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    return PARTS[part["$ref"].removeprefix("#/$defs/")] if "$ref" in part else part


def strangers(value: Any, schema: dict[str, Any], path: str = "") -> list[str]:
    """Every place of a document that the schema does not know, and every required key that is missing there."""
    schema = resolved(schema)
    if isinstance(value, dict):
        missing = [f"{path}.{key} is missing" for key in schema.get("required", []) if key not in value]
        return missing + [text for key, inner in value.items() for text in entry(key, inner, schema, path)]
    if isinstance(value, list):
        return [text for inner in value for text in strangers(inner, schema["items"], f"{path}[]")]
    return []


def entry(key: str, value: Any, schema: dict[str, Any], path: str) -> list[str]:
    more = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
    return strangers(value, more, f"{path}.{key}") if more else [f"{path}.{key}"]


def test_it_is_json_and_says_its_draft():
    assert json.loads(json.dumps(SCHEMA))["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_reference_leads_somewhere():
    text = json.dumps(SCHEMA)
    wanted = {piece.split('"')[0] for piece in text.split('"#/$defs/')[1:]}

    assert wanted == set(PARTS)
    assert "#/components" not in text


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("Answer", AnswerSchema),
        ("Auth", AuthSchema),
        ("Basic", BasicSchema),
        ("Destination", DestinationSchema),
        ("Limits", LimitsSchema),
        ("Read", ReadSchema),
        ("Rule", RuleSchema),
        ("Source", SourceSchema),
        ("Verify", VerifySchema),
    ],
)
def test_it_knows_the_keys_that_are_checked_and_no_others(name, schema):
    part = PARTS[name]

    assert set(part["properties"]) == set(schema().fields)
    assert part["additionalProperties"] is False
    assert set(part.get("required", [])) == {key for key, field in schema().fields.items() if field.required}


def test_its_top_is_the_whole_file():
    assert set(SCHEMA["properties"]) == set(ConfigSchema().fields)


def test_every_key_is_explained():
    plain = [
        f"{name}.{key}"
        for name, part in {**PARTS, "": SCHEMA}.items()
        for key, value in part["properties"].items()
        if not value.get("description", "").endswith(".")
    ]

    assert plain == []


def test_the_starter_holds_nothing_that_it_does_not_know():
    assert strangers(yaml.safe_load(render_starter("http://127.0.0.1:8090")), SCHEMA) == []


def test_a_stranger_in_a_file_would_be_seen():
    assert strangers(
        {"destinations": {"a": {"auth": {"basic": {"access_key": "x"}}, "lmits": 1}}}, SCHEMA
    ) == [
        ".destinations.a.auth.basic.access_key_secret is missing",
        ".destinations.a.lmits",
    ]


def test_the_schema_has_exactly_the_keys_of_a_rule():
    whole = a_rule(when="item.id", items="item.parts", priority="low", aggregate={"by": "{{ item.visit }}"})
    whole["map"]["eventId"] = "{{ parent.id }}:{{ item.id }}"

    assert compile_mapping([whole]).rules[0].name == "viewed"
    assert set(PARTS["Rule"]["properties"]) == set(whole)


def test_the_schema_has_the_session_keys_of_rules_and_sources():
    aggregate = {
        "by": "{{ item.visit }}",
        "idle_timeout": "15m",
        "max_duration": "4h",
        "as": "website visited",
    }

    assert compile_mapping([a_rule(aggregate=aggregate)]).rules[0].aggregate
    assert set(PARTS["RuleAggregate"]["properties"]) == set(aggregate)
    assert set(PARTS["Aggregate"]["properties"]) == set(aggregate) - {"by"}


def test_the_schema_has_exactly_the_options_of_a_signature_scheme():
    assert set(PARTS["Verify"]["properties"]) == {"scheme", "secrets", *OPTIONS}


def test_editors_offer_every_preset_scheme_and_handshake():
    source = PARTS["Source"]["properties"]

    assert source["preset"]["enum"] == list(preset_names())
    assert source["challenges"]["enum"] == [*CHALLENGES, None]
    assert PARTS["Verify"]["properties"]["scheme"]["enum"] == [*SCHEMES, "custom"]


def test_a_secret_can_have_dates():
    alone, dated = PARTS["Verify"]["properties"]["secrets"]["items"]["anyOf"]

    assert alone["type"] == "string"
    assert set(dated["properties"]) == {"secret", "not_before", "expires_at"}
