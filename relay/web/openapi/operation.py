"""The description of an API operation, attached to its route by the decorator `describe`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from relay.core.roles import Role
from relay.web.openapi.problems import ERRORS, problem_response
from relay.web.openapi.schema_types import Schema, string

JSON = "application/json"
HTML = "text/html; charset=utf-8"

View = TypeVar("View", bound=Callable[..., Any])

_ATTRIBUTE = "openapi_operations"
_KEY_SCHEMES = ("bearer", "apiKey", "basic")


class Tag(StrEnum):
    """A group of operations, in the order of the document."""

    EVENTS = "Events"
    WEBHOOKS = "Webhooks"
    GONG = "Gong's own API"
    OVERVIEW = "Overview"
    SOURCES = "Sources"
    DESTINATIONS = "Destinations"
    REPLAYS = "Replays"
    ALERTS = "Alerts"
    PRIVACY = "Privacy"
    PROBES = "Probes"
    CUSTOMER_PAGES = "Pages for customers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter in the query, the path or a header."""

    name: str
    description: str
    schema: Schema
    location: str
    example: Any = None

    def as_dict(self) -> dict[str, Any]:
        value: dict[str, Any] = {
            "name": self.name,
            "in": self.location,
            "required": self.location == "path",
            "description": self.description,
            "schema": self.schema,
        }
        if self.example is not None:
            value["example"] = self.example
        return value


def query(name: str, description: str, schema: Schema | None = None, *, example: Any = None) -> Parameter:
    """A query parameter; a string unless `schema` says otherwise."""
    schema = string() if schema is None else schema
    return Parameter(name=name, description=description, schema=schema, location="query", example=example)


def path(name: str, description: str, *, example: str, schema: Schema | None = None) -> Parameter:
    """A string in the path."""
    schema = string() if schema is None else schema
    return Parameter(name=name, description=description, schema=schema, location="path", example=example)


def header(name: str, description: str, schema: Schema) -> Parameter:
    """A request header."""
    return Parameter(name=name, description=description, schema=schema, location="header")


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A request body: its schema for each content type, and examples by name.

    An example belongs to the first content type; one whose name is another content type belongs to that one.
    """

    description: str
    content: Mapping[str, Schema]
    examples: Mapping[str, Any]
    required: bool = True

    def as_dict(self) -> dict[str, Any]:
        content = {content_type: self._media_type(content_type) for content_type in self.content}
        return {"description": self.description, "required": self.required, "content": content}

    def _media_type(self, content_type: str) -> dict[str, Any]:
        is_first = content_type == next(iter(self.content))
        examples = {
            name.rpartition("/")[2]: {"value": value}
            for name, value in self.examples.items()
            if (is_first and "/" not in name) or name == content_type
        }
        media_type: dict[str, Any] = {"schema": self.content[content_type]}
        if examples:
            media_type["examples"] = examples
        return media_type


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseDoc:
    """A response that is not a problem document. Without a schema its body is unspecified."""

    status: int
    description: str
    schema: Schema | None = None
    example: Any = None
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    """The description of each header by its name."""

    def as_dict(self) -> dict[str, Any]:
        value: dict[str, Any] = {"description": self.description}
        if self.headers:
            value["headers"] = {
                name: {"description": text, "schema": string()} for name, text in self.headers.items()
            }
        if self.schema is not None:
            media_type = {"schema": self.schema}
            if self.example is not None:
                media_type["example"] = self.example
            value["content"] = {self.content_type: media_type}
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What the document says about one method of one route. Method and path are the route's own."""

    id: str
    """Unique in the document."""
    tag: Tag
    summary: str
    description: str = ""
    role: Role | None
    """The lowest role that may call it; None if it needs no key."""
    parameters: tuple[Parameter, ...] = ()
    body: RequestBody | None = None
    responses: tuple[ResponseDoc, ...]
    errors: tuple[str, ...] = ()
    """Codes of the problem documents it answers with."""

    def as_dict(self) -> dict[str, Any]:
        value: dict[str, Any] = {"operationId": self.id, "tags": [str(self.tag)], "summary": self.summary}
        if self.description:
            value["description"] = self.description
        value["security"] = [{scheme: [str(self.role)]} for scheme in self._security_schemes()]
        if self.parameters:
            value["parameters"] = [parameter.as_dict() for parameter in self.parameters]
        if self.body:
            value["requestBody"] = self.body.as_dict()
        value["responses"] = {str(response.status): response.as_dict() for response in self.responses}
        value["responses"] |= self._problem_responses()
        return value

    def _security_schemes(self) -> tuple[str, ...]:
        if self.role is None:
            return ()
        # A source has no browser session.
        return _KEY_SCHEMES if self.role is Role.INGEST else (*_KEY_SCHEMES, "session")

    def _problem_responses(self) -> dict[str, Any]:
        """One response for each status, with all codes that share it; `default` covers every other status."""
        responses = {}
        for status in sorted({status for code in self.errors for status in ERRORS[code].statuses}):
            codes = [code for code in self.errors if status in ERRORS[code].statuses]
            responses[str(status)] = problem_response(status, codes)
        return responses | {"default": {"$ref": "#/components/responses/OtherProblem"}}


def describe(operation: Operation, *, method: str | None = None) -> Callable[[View], View]:
    """Attach the description of a route to its view. Name the `method` if the route has several."""

    def attach(view: View) -> View:
        operations = getattr(view, _ATTRIBUTE, {})
        setattr(view, _ATTRIBUTE, {**operations, method: operation})
        return view

    return attach


def find_operation(view: Callable[..., Any], method: str) -> Operation | None:
    """Return the description of one method of a view."""
    operations: Mapping[str | None, Operation] = getattr(view, _ATTRIBUTE, {})
    return operations.get(method, operations.get(None))
