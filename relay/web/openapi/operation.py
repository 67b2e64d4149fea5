"""What is told of one operation of the API: who may ask, with what, and every answer there is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from relay.web.openapi.problems import PROBLEMS, TITLES
from relay.web.openapi.schema_types import Schema, component, text

JSON = "application/json"
PROBLEM = "application/problem+json"

NO_KEY = ""
"""The role of who needs none."""

_BY_KEY = ("bearer", "apiKey", "basic")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of the query, the path, a header or a cookie."""

    name: str
    told: str
    schema: Schema
    place: str = "query"
    required: bool = False
    example: Any = None

    def as_dict(self) -> dict[str, Any]:
        needed = self.required or self.place == "path"
        told = {"name": self.name, "in": self.place, "required": needed, "description": self.told}
        return told | {"schema": self.schema} | ({} if self.example is None else {"example": self.example})


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body: its schema by content type, and examples by their name."""

    told: str
    kinds: Mapping[str, Schema]
    examples: Mapping[str, Any]
    required: bool = True

    def as_dict(self) -> dict[str, Any]:
        content = {kind: {"schema": schema} | self._shown(kind) for kind, schema in self.kinds.items()}
        return {"description": self.told, "required": self.required, "content": content}

    def _shown(self, kind: str) -> dict[str, Any]:
        """The examples of the first kind; of others those that are named for it."""
        first = kind == next(iter(self.kinds))
        shown = {
            name: {"value": value}
            for name, value in self.examples.items()
            if (first and "/" not in name) or name == kind
        }
        return (
            {"examples": {name.rpartition("/")[2]: value for name, value in shown.items()}} if shown else {}
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that is no error. Without a schema it has no body that matters."""

    status: int
    told: str
    schema: Schema | None = None
    example: Any = None
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {"description": self.told}
        if self.headers:
            told["headers"] = {
                name: {"description": said, "schema": text()} for name, said in self.headers.items()
            }
        if self.schema is not None:
            shown = {} if self.example is None else {"example": self.example}
            told["content"] = {self.kind: {"schema": self.schema} | shown}
        return told


@dataclass(frozen=True, slots=True)
class Described:
    """One operation: `method` and `path` as they are asked for, `name` unique, `group` where it is shown.

    `role` is the least one that may ask; `errors` are codes of problems, `others` answers that are neither.
    """

    method: str
    path: str
    name: str
    group: str
    told: str
    role: str
    answers: tuple[Answer, ...]
    more: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    errors: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {"operationId": self.name, "tags": [self.group], "summary": self.told}
        if self.more:
            told["description"] = self.more
        told["security"] = [{way: [self.role]} for way in self._ways()]
        if self.parameters:
            told["parameters"] = [each.as_dict() for each in self.parameters]
        if self.body:
            told["requestBody"] = self.body.as_dict()
        told["responses"] = {str(each.status): each.as_dict() for each in self.answers} | self._refusals()
        return told

    def _ways(self) -> tuple[str, ...]:
        """How whoever asks may prove who they are. Sources have no sessions."""
        if not self.role:
            return ()
        return _BY_KEY if self.role == "ingest" else (*_BY_KEY, "session")

    def _refusals(self) -> dict[str, Any]:
        """Every problem of one status is one answer; what nobody foresaw is the last."""
        told = {}
        for status in sorted({status for code in self.errors for status in PROBLEMS[code].statuses}):
            codes = [code for code in self.errors if status in PROBLEMS[code].statuses]
            told[str(status)] = refusal(status, codes)
        return told | {"default": {"$ref": "#/components/responses/Unforeseen"}}


def refusal(status: int, codes: list[str]) -> dict[str, Any]:
    """The answer of one status, with an example of each code that it may have."""
    narrowed = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
    schema = {"allOf": [component("Problem"), narrowed]}
    examples = {code: {"$ref": f"#/components/examples/{code}-{status}"} for code in codes}
    answer: dict[str, Any] = {
        "description": f"{TITLES.get(status, HTTPStatus(status).phrase)}: {', '.join(f'`{code}`' for code in codes)}.",
        "content": {PROBLEM: {"schema": schema, "examples": examples}},
    }
    return answer | {"headers": _HEADERS[status]} if status in _HEADERS else answer


def examples() -> dict[str, Any]:
    """Each problem as it may look, once for all operations that may answer with it."""
    return {
        f"{code}-{status}": {"summary": known.remedy, "value": _example(status, code)}
        for code, known in PROBLEMS.items()
        for status in known.statuses
    }


def _example(status: int, code: str) -> dict[str, Any]:
    title = TITLES.get(status, HTTPStatus(status).phrase)
    told = {"type": "about:blank", "title": title, "status": status, "code": code}
    faults = [{"path": "content.title", "code": "required", "message": "is required"}]
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return told | {"detail": "1 thing(s) to mend; nothing was kept.", "errors": faults}
    return told | {"detail": PROBLEMS[code].remedy}


_HEADERS: Mapping[int, Any] = {
    401: {"WWW-Authenticate": {"description": "How a key may be sent.", "schema": text()}},
    405: {"Allow": {"description": "The methods that there are.", "schema": text()}},
    429: {"Retry-After": {"description": "Seconds.", "schema": text(pattern="^[0-9]+$")}},
    503: {"Retry-After": {"description": "Seconds.", "schema": text(pattern="^[0-9]+$")}},
}
