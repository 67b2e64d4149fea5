"""Whether an answer that was given is one that the API's description tells of: status, type and every property."""

from functools import cache
from typing import Any

from flask import Response, g, request
from jsonschema import Draft202012Validator, FormatChecker

from relay.web.openapi.document import build_document


def complaints(response: Response) -> list[str]:
    """What the description does not tell of this answer. Of a path that it leaves out, nothing: another test asks."""
    operation = _operation()
    if operation is None or g.get("reason") == "other_port":
        return []
    told = operation["responses"]
    status = str(response.status_code)
    if status not in told and response.mimetype != "application/problem+json":
        return [f"{_place()} answered {status}, which is not told"]
    return _of_content(response, _resolved(told.get(status, told["default"])))


def _operation() -> dict[str, Any] | None:
    if request.url_rule is None:
        return None
    path = request.url_rule.rule.replace("<", "{").replace(">", "}")
    methods: dict[str, Any] = build_document()["paths"].get(path, {})
    method = request.method.lower()
    return methods.get(method, methods.get("get") if method == "head" else None)


def _resolved(answer: dict[str, Any]) -> dict[str, Any]:
    return build_document()["components"]["responses"]["Unforeseen"] if "$ref" in answer else answer


def _of_content(response: Response, answer: dict[str, Any]) -> list[str]:
    content = {kind.split(";")[0]: told for kind, told in answer.get("content", {}).items()}
    raw = response.get_data() if not response.is_streamed else b""
    if not content or not raw or request.method == "HEAD":
        return []
    if response.mimetype not in content:
        return [f"{_place()} answered {response.status_code} as {response.mimetype}, which is not told"]
    if not response.is_json:
        return []
    found = _validator(_place(), str(response.status_code), response.mimetype).iter_errors(
        response.get_json()
    )
    return [f"{_place()} {response.status_code} {each.json_path}: {each.message[:300]}" for each in found]


def _place() -> str:
    return f"{request.method} {request.url_rule}"


@cache
def _validator(place: str, status: str, kind: str) -> Draft202012Validator:  # noqa: ARG001 - what it is remembered by
    told = (_operation() or {})["responses"]
    answer = _resolved(told.get(status, told["default"]))
    content = {name.split(";")[0]: each for name, each in answer["content"].items()}
    schema = {"components": build_document()["components"], **content[kind]["schema"]}
    return Draft202012Validator(schema, format_checker=FormatChecker())
