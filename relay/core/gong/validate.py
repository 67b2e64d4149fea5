"""Validates a body as Gong would, warns about likely mistakes, and rates how well Gong can match it to a deal."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import orjson
from marshmallow import Schema, ValidationError

from relay.core.call import Operation
from relay.core.errors import PROBLEMS_MAX, Problem
from relay.core.gong import catalog_schema, engagement_schema, interaction_schema
from relay.core.gong.accessors import get_object, is_empty, iter_objects
from relay.core.gong.limits import BODY_BYTES_MAX
from relay.core.gong.problems import ErrorCode, WarningCode, flatten_errors
from relay.core.gong.semantic_rules import RULES
from relay.core.gong.warnings import WARNING_CHECKS

SCHEMAS: Mapping[Operation, Schema] = {
    Operation.DIGITAL_INTERACTION: interaction_schema.DIGITAL_INTERACTION,
    Operation.CONTENT_SHARED: engagement_schema.CONTENT_SHARED,
    Operation.CONTENT_VIEWED: engagement_schema.CONTENT_VIEWED,
    Operation.CUSTOM_ACTION: engagement_schema.CUSTOM_ACTION,
    Operation.CATALOG_INTERACTION: catalog_schema.INTERACTION,
    Operation.CATALOG_SHARE: catalog_schema.SHARE,
    Operation.CATALOG_VIEW: catalog_schema.VIEW,
    Operation.CATALOG_ACTION: catalog_schema.ACTION,
}


class Association(StrEnum):
    """How reliably Gong can match an event to a person, account or deal. Gong does not show an event that it cannot match."""

    STRONG = "strong"
    """By email address or CRM record."""
    MEDIUM = "medium"
    """By phone number or company domain."""
    WEAK = "weak"
    """Only by data that Gong does not promise to use, such as a name."""
    OPAQUE = "opaque"
    """By a tracking id, which only Gong can resolve."""


def validate_body(operation: Operation, body: object) -> list[Problem]:
    """Return every reason for which Gong would reject this body, sorted by path; an empty list if it is valid.

    Accepts any JSON value and never raises. A body without problems can be serialized as JSON.
    """
    serialization_problem = _check_serializable(body)
    if serialization_problem and serialization_problem.code == ErrorCode.LENGTH:
        # Do not spend time on the contents of an oversized body.
        return [serialization_problem]
    problems = _check_schema(operation, body)
    if isinstance(body, dict):
        # A value that already has a problem gets no second one from a rule.
        paths = {problem.path for problem in problems}
        problems += [
            problem for rule in RULES[operation] for problem in rule(body) if problem.path not in paths
        ]
    if serialization_problem and not problems:
        return [serialization_problem]
    return sorted(problems, key=lambda problem: problem.path)[:PROBLEMS_MAX]


def find_warnings(operation: Operation, body: Mapping[str, Any]) -> list[Problem]:
    """Return warnings about a body that Gong would accept."""
    return [
        *_check_association(operation, body),
        *(problem for check in WARNING_CHECKS[operation] for problem in check(body)),
    ]


def assess_association(operation: Operation, body: Mapping[str, Any]) -> Association:
    """Rate how reliably Gong can match this body's event."""
    if operation is Operation.DIGITAL_INTERACTION:
        return _assess_interaction(body)
    if any(not is_empty(identifier) for identifier in _strong_identifiers(body)):
        return Association.STRONG
    return Association.WEAK if is_empty(body.get("trackingId")) else Association.OPAQUE


def _assess_interaction(body: Mapping[str, Any]) -> Association:
    person, company = get_object(body, "person"), get_object(body, "person", "company")
    if not is_empty(body.get("trackingId")):
        return Association.OPAQUE
    strong = (
        person.get("email"),
        person.get("personBusinessContext"),
        company.get("companyBusinessContexts"),
    )
    if not all(map(is_empty, strong)):
        return Association.STRONG
    medium = (person.get("phoneNumber"), company.get("domain"))
    return Association.WEAK if all(map(is_empty, medium)) else Association.MEDIUM


def _strong_identifiers(body: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the email addresses and CRM records of every body except the digital interaction."""
    # The sharer is left out: it is the customer's own employee.
    actors = [
        get_object(body, "viewer"),
        get_object(body, "actor"),
        *(actor for _, actor in iter_objects(body.get("recipients"))),
    ]
    contexts = [context for actor in actors for _, context in iter_objects(actor.get("context"))]
    contexts += [context for _, context in iter_objects(body.get("crmContext"))]
    yield from (actor.get("email") for actor in actors)
    yield from (context.get("objects") for context in contexts)
    yield get_object(body, "crmContext").get("objectId")
    yield from (participant.get("emailAddress") for _, participant in iter_objects(body.get("participants")))
    yield from (
        body.get(key) for key in ("viewerEmailAddress", "actorEmailAddress", "recipientEmailAddresses")
    )


def _check_association(operation: Operation, body: Mapping[str, Any]) -> Iterator[Problem]:
    match assess_association(operation, body):
        case Association.WEAK:
            yield Problem(
                "",
                WarningCode.ASSOCIATION,
                "identifies no one that Gong can match: add an email address, CRM id or company domain",
            )
        case Association.OPAQUE:
            yield Problem(
                "trackingId",
                WarningCode.ASSOCIATION,
                "works only if Gong issued it: prefer an email address",
            )


def _check_schema(operation: Operation, body: Any) -> list[Problem]:
    try:
        SCHEMAS[operation].load(body)
    except ValidationError as error:
        return [Problem(path, field.code, field.message) for path, field in flatten_errors(error.messages)]
    return []


def _check_serializable(body: object) -> Problem | None:
    try:
        size = len(orjson.dumps(body))
    except orjson.JSONEncodeError:
        return Problem(
            "",
            ErrorCode.FORMAT,
            "cannot be written as JSON: it is nested too deeply or contains a value that JSON does not have",
        )
    if size > BODY_BYTES_MAX:
        return Problem("", ErrorCode.LENGTH, f"must be at most {BODY_BYTES_MAX} bytes of JSON, but is {size}")
    return None
