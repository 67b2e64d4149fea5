"""The API's description tells every route and no other, in the codes of the page of errors, with examples that are right."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from redis import Redis

from relay.app import create_app
from relay.core.config import Config
from relay.settings import Settings
from relay.web.openapi.document import build_document, list_operations
from relay.web.openapi.events import NDJSON
from relay.web.openapi.problems import PROBLEMS
from tests.truth.project import ROOT, name_of, page, rows, section

DOCUMENT = build_document()
PAGES = ("/ops", "/docs")
"""Below these there are pages for people."""

FROM_ROUTING = {"method_not_allowed", "internal_error"}
"""May be answered anywhere, and are told of once, as what nobody foresaw."""


FROM_GONGS_PATHS = {"source_uses_routing"}
"""Told in Gong's words there."""

FROM_PAGES = {
    *("bad_oauth_state", "bad_link", "wrong_browser", "link_used", "no_such_consent"),
    *(
        "bad_sign_in_link",
        "too_many_attempts",
        "sign_in_denied",
        "oidc_not_configured",
        "provider_unavailable",
        "no_secret_keys",
    ),
    "no_such_file",
}


def app() -> Flask:
    return create_app(Settings(), Config({}, {}), Redis(port=1))


def served() -> set[tuple[str, str]]:
    """Every method and path of the API that the application answers."""
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app().url_map.iter_rules()
        for method in (rule.methods or set()) - _of_flask(rule.methods or set())
        if rule.rule != "/" and not rule.rule.startswith(PAGES)
    }


def _of_flask(methods: set[str]) -> set[str]:
    """Flask adds HEAD to whatever takes GET, and OPTIONS to everything; where POST stands too, HEAD was asked for."""
    return {"OPTIONS"} | (set() if {"POST", "HEAD"} <= methods else {"HEAD"})


def described() -> set[tuple[str, str]]:
    return {(each.method, each.path) for each in list_operations()}


def test_every_route_is_described():
    assert served() - described() == set(), "give them a row in relay/web/openapi"


def test_every_route_that_is_described_is_there():
    assert described() - served() == set()


def test_the_document_is_openapi_3_1():
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def plain(cell: str) -> str:
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", cell)


def test_the_codes_are_those_of_the_page_of_errors_in_its_words():
    told = {row[0]: (int(row[1]), plain(row[2])) for row in rows(section(page("docs/errors.md"), "Answers"))}

    assert {code: (known.status, known.remedy) for code, known in PROBLEMS.items()} == told, (
        "relay/web/openapi/problems.py and docs/errors.md differ"
    )


def test_every_code_is_told_of_some_operation():
    used = {code for each in list_operations() for code in each.errors}
    assert set(PROBLEMS) - used == FROM_ROUTING | FROM_GONGS_PATHS | FROM_PAGES


def test_no_operation_is_named_twice():
    names = [each.name for each in list_operations()]

    assert sorted(set(names)) == sorted(names)


def test_every_operation_stands_in_a_group_that_is_told():
    assert {each.group for each in list_operations()} == {tag["name"] for tag in DOCUMENT["tags"]}


def resolved(example: dict[str, Any]) -> dict[str, Any]:
    name = example.get("$ref", "").removeprefix("#/components/examples/")
    return DOCUMENT["components"]["examples"][name] if name else example


def values(node: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every example beside the schema that it is an example of."""
    if isinstance(node, dict):
        if isinstance(node.get("schema"), dict):
            shown = [resolved(example)["value"] for example in node.get("examples", {}).values()]
            shown += [node["example"]] if "example" in node else []
            yield from ((where, node["schema"], value) for value in shown)
        for name, value in node.items():
            if name not in {"example", "examples"}:
                yield from values(value, f"{where}/{name}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from values(value, f"{where}/{number}")


EXAMPLES = list(values(DOCUMENT["paths"]))


@pytest.mark.parametrize("group", sorted({where.split("/responses")[0] for where, _, _ in EXAMPLES}))
def test_every_example_is_what_its_schema_says(group: str):
    told = [
        f"{where}: {error.json_path}: {error.message}"
        for where, schema, value in EXAMPLES
        if where.startswith(group)
        for error in Draft202012Validator({"components": DOCUMENT["components"], **schema}).iter_errors(value)
    ]

    assert told == []


@pytest.mark.parametrize("path", sorted((ROOT / "examples/types").glob("*.json")), ids=name_of)
def test_every_example_of_an_event_is_one_by_its_schema(path: Path):
    schema = {"components": DOCUMENT["components"], "$ref": "#/components/schemas/Event"}

    assert [
        error.message for error in Draft202012Validator(schema).iter_errors(json.loads(path.read_text()))
    ] == []


def bodies() -> list[tuple[str, dict[str, Any]]]:
    """Every request body and every JSON answer that is told."""
    return [
        (f"{method} {path} {place}", content)
        for path, methods in DOCUMENT["paths"].items()
        for method, told in methods.items()
        for place, part in (("request", told.get("requestBody", {})), *told["responses"].items())
        for kind, content in part.get("content", {}).items()
        if kind.endswith("json") and kind != NDJSON and path != "/openapi.json"
    ]


def test_every_json_body_has_an_example():
    told = [where for where, content in bodies() if not {"example", "examples"} & set(content)]

    assert told == []


def test_every_schema_that_is_named_is_used_and_every_one_used_is_named():
    used = set(re.findall(r"#/components/schemas/(\w+)", str(DOCUMENT)))

    assert used == set(DOCUMENT["components"]["schemas"])
