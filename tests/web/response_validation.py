"""Validates responses against the OpenAPI document: status, content type and every property."""

from functools import cache
from typing import Any

from flask import Response, current_app, g, request
from jsonschema import Draft202012Validator, FormatChecker

from relay.web.openapi.document import build_document


def validation_errors(response: Response) -> list[str]:
    """Return how a response differs from its description.

    Paths without a description are skipped: another test requires that every route has one.
    """
    operation = _operation()
    if operation is None or g.get("reason") == "other_port":
        return []
    responses = operation["responses"]
    status = str(response.status_code)
    if status not in responses and response.mimetype != "application/problem+json":
        return [f"{_route()}: status {status} is not described"]
    return _body_errors(response, _resolve(responses.get(status, responses["default"])))


def _document() -> dict[str, Any]:
    return build_document(current_app)


def _operation() -> dict[str, Any] | None:
    if request.url_rule is None:
        return None
    path = request.url_rule.rule.replace("<", "{").replace(">", "}")
    methods: dict[str, Any] = _document()["paths"].get(path, {})
    method = request.method.lower()
    return methods.get(method, methods.get("get") if method == "head" else None)


def _resolve(description: dict[str, Any]) -> dict[str, Any]:
    return _document()["components"]["responses"]["OtherProblem"] if "$ref" in description else description


def _body_errors(response: Response, description: dict[str, Any]) -> list[str]:
    content = {name.split(";")[0] for name in description.get("content", {})}
    raw = response.get_data() if not response.is_streamed else b""
    if not content or not raw or request.method == "HEAD":
        return []
    if response.mimetype not in content:
        return [f"{_route()}: {response.status_code} as {response.mimetype} is not described"]
    if not response.is_json:
        return []
    validator = _validator(_route(), str(response.status_code), response.mimetype)
    return [
        f"{_route()} {response.status_code} {error.json_path}: {error.message[:300]}"
        for error in validator.iter_errors(response.get_json())
    ]


def _route() -> str:
    return f"{request.method} {request.url_rule}"


@cache
def _validator(route: str, status: str, content_type: str) -> Draft202012Validator:  # noqa: ARG001 - the cache's key
    responses = (_operation() or {})["responses"]
    description = _resolve(responses.get(status, responses["default"]))
    content = {name.split(";")[0]: media_type for name, media_type in description["content"].items()}
    schema = {"components": _document()["components"], **content[content_type]["schema"]}
    return Draft202012Validator(schema, format_checker=FormatChecker())
