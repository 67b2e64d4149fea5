"""The OpenAPI document describes every route, uses the documented error codes, and has valid examples."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from relay.web.openapi.document import DASHBOARD_PATHS, list_endpoints
from relay.web.openapi.events import NDJSON
from relay.web.openapi.problems import ERRORS
from tests.api_document import DOCUMENT, ENDPOINTS, application
from tests.truth.project import ROOT, name_of

ANYWHERE = {"method_not_allowed", "internal_error", "bad_head", "head_too_large"}
"""Possible at every route. The document describes them once, as the default response."""

IN_GONG_FORMAT = {"source_uses_routing"}
"""Answered only below /v2/, where errors have Gong's format."""

ON_PAGES = {
    "bad_oauth_state",
    "bad_link",
    "wrong_browser",
    "link_used",
    "no_such_consent",
    "bad_sign_in_link",
    "too_many_attempts",
    "sign_in_denied",
    "oidc_not_configured",
    "provider_unavailable",
    "no_secret_keys",
    "no_such_file",
}
"""Shown on pages for people."""


def routes() -> set[tuple[str, str]]:
    """Every method and path that the application serves, pages for people excepted."""
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in application().url_map.iter_rules()
        for method in (rule.methods or set()) - _automatic_methods(rule.methods or set())
        if rule.rule != "/" and not rule.rule.startswith(DASHBOARD_PATHS)
    }


def _automatic_methods(methods: set[str]) -> set[str]:
    """Flask adds OPTIONS to every route, and HEAD to those with GET. A route that takes POST too names HEAD itself."""
    return {"OPTIONS"} if {"POST", "HEAD"} <= methods else {"OPTIONS", "HEAD"}


def test_every_route_is_described():
    assert {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS} == routes()


def test_a_route_without_a_description_fails():
    app = Flask("test", static_folder=None)
    app.add_url_rule("/v1/new", view_func=lambda: "")

    with pytest.raises(LookupError, match="GET /v1/new has no description"):
        list_endpoints(app)


def test_the_document_is_valid_openapi_3_1():
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_error_code_belongs_to_an_operation():
    used = {code for endpoint in ENDPOINTS for code in endpoint.operation.errors}
    assert set(ERRORS) - used == ANYWHERE | IN_GONG_FORMAT | ON_PAGES


def test_operation_ids_are_unique():
    ids = [endpoint.operation.id for endpoint in ENDPOINTS]

    assert sorted(set(ids)) == sorted(ids)


def test_every_tag_is_described_and_used():
    assert {endpoint.operation.tag for endpoint in ENDPOINTS} == {tag["name"] for tag in DOCUMENT["tags"]}


def resolve(example: dict[str, Any]) -> dict[str, Any]:
    name = example.get("$ref", "").removeprefix("#/components/examples/")
    return DOCUMENT["components"]["examples"][name] if name else example


def examples(node: Any, location: str = "") -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every example with its location and its schema."""
    if isinstance(node, dict):
        if isinstance(node.get("schema"), dict):
            values = [resolve(example)["value"] for example in node.get("examples", {}).values()]
            if "example" in node:
                values.append(node["example"])
            yield from ((location, node["schema"], value) for value in values)
        for name, value in node.items():
            if name not in {"example", "examples"}:
                yield from examples(value, f"{location}/{name}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from examples(value, f"{location}/{index}")


EXAMPLES = list(examples(DOCUMENT["paths"]))


@pytest.mark.parametrize(
    "operation", sorted({location.split("/responses")[0] for location, _, _ in EXAMPLES})
)
def test_every_example_matches_its_schema(operation: str):
    errors = [
        f"{location}: {error.json_path}: {error.message}"
        for location, schema, value in EXAMPLES
        if location.startswith(operation)
        for error in Draft202012Validator({"components": DOCUMENT["components"], **schema}).iter_errors(value)
    ]

    assert errors == []


@pytest.mark.parametrize("path", sorted((ROOT / "examples/types").glob("*.json")), ids=name_of)
def test_every_example_event_matches_the_event_schema(path: Path):
    validator = Draft202012Validator(
        {"components": DOCUMENT["components"], "$ref": "#/components/schemas/Event"}
    )

    assert [error.message for error in validator.iter_errors(json.loads(path.read_text()))] == []


def json_bodies() -> list[tuple[str, dict[str, Any]]]:
    """Every JSON request and response body, with its location."""
    return [
        (f"{method} {path} {location}", media_type)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        for location, part in (
            ("request", operation.get("requestBody", {})),
            *operation["responses"].items(),
        )
        for content_type, media_type in part.get("content", {}).items()
        if content_type.endswith("json") and content_type != NDJSON and path != "/openapi.json"
    ]


def test_every_json_body_has_an_example():
    missing = [
        location for location, media_type in json_bodies() if not {"example", "examples"} & set(media_type)
    ]

    assert missing == []


def test_every_named_schema_is_used_and_every_reference_has_a_schema():
    used = set(re.findall(r"#/components/schemas/(\w+)", str(DOCUMENT)))

    assert used == set(DOCUMENT["components"]["schemas"])
