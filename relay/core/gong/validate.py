"""Whether Gong would take a body, what is worth telling all the same, and how surely Gong can tie it to a deal."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import orjson
from marshmallow import Schema, ValidationError

from relay.core.call import Operation
from relay.core.errors import Problem
from relay.core.gong import catalog_schema as catalog
from relay.core.gong import engagement_schema as engagement
from relay.core.gong import interaction_schema as interaction
from relay.core.gong.accessors import get_object, is_empty, iter_objects
from relay.core.gong.limits import BODY_BYTES_MAX, PROBLEMS_MAX
from relay.core.gong.problems import ErrorCode, WarningCode, flatten_errors
from relay.core.gong.semantic_rules import RULES
from relay.core.gong.warnings import WARNING_CHECKS

SCHEMAS: Mapping[Operation, Schema] = {
    Operation.DIGITAL_INTERACTION: interaction.DIGITAL_INTERACTION,
    Operation.CONTENT_SHARED: engagement.CONTENT_SHARED,
    Operation.CONTENT_VIEWED: engagement.CONTENT_VIEWED,
    Operation.CUSTOM_ACTION: engagement.CUSTOM_ACTION,
    Operation.CATALOG_INTERACTION: catalog.INTERACTION,
    Operation.CATALOG_SHARE: catalog.SHARE,
    Operation.CATALOG_VIEW: catalog.VIEW,
    Operation.CATALOG_ACTION: catalog.ACTION,
}


class Association(StrEnum):
    """How surely Gong can tie an event to a person, account or deal. What it cannot tie, nobody sees."""

    STRONG = "strong"
    """By e-mail address or CRM record."""
    MEDIUM = "medium"
    """By phone number or company domain."""
    WEAK = "weak"
    """By nothing that Gong promises to look at, such as a name."""
    OPAQUE = "opaque"
    """By a tracking id, which only Gong can read."""


def validate_body(operation: Operation, body: object) -> list[Problem]:
    """Everything for which Gong would refuse this body, sorted by path. Empty: it would take it.

    Takes any JSON value and never raises. A body without problems can be written as JSON.
    """
    unwritable = _unwritable(body)
    if unwritable and unwritable.code == ErrorCode.LENGTH:
        return [unwritable]
    problems = _by_schema(operation, body)
    if isinstance(body, dict):
        told = {problem.path for problem in problems}
        problems += [
            problem for rule in RULES[operation] for problem in rule(body) if problem.path not in told
        ]
    if unwritable and not problems:
        return [unwritable]
    return sorted(problems, key=lambda problem: problem.path)[:PROBLEMS_MAX]


def find_warnings(operation: Operation, body: Mapping[str, Any]) -> list[Problem]:
    """What Gong would take and the operator should still hear of."""
    return [
        *_by_association(operation, body),
        *(told for tell in WARNING_CHECKS[operation] for told in tell(body)),
    ]


def assess_association(operation: Operation, body: Mapping[str, Any]) -> Association:
    """How surely Gong can tie this body's event to someone."""
    if operation is Operation.DIGITAL_INTERACTION:
        return _of_interaction(body)
    if any(not is_empty(key) for key in _strong_keys(body)):
        return Association.STRONG
    return Association.WEAK if is_empty(body.get("trackingId")) else Association.OPAQUE


def _of_interaction(body: Mapping[str, Any]) -> Association:
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


def _strong_keys(body: Mapping[str, Any]) -> Iterator[Any]:
    """The addresses and CRM records of every body but the digital interaction. A sharer is one of our own: not one."""
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


def _by_association(operation: Operation, body: Mapping[str, Any]) -> Iterator[Problem]:
    match assess_association(operation, body):
        case Association.WEAK:
            yield Problem(
                "",
                WarningCode.ASSOCIATION,
                "names nobody Gong can find: add an e-mail address, CRM id or company domain",
            )
        case Association.OPAQUE:
            yield Problem(
                "trackingId",
                WarningCode.ASSOCIATION,
                "only counts if Gong itself issued it: prefer an e-mail address",
            )


def _by_schema(operation: Operation, body: Any) -> list[Problem]:
    try:
        SCHEMAS[operation].load(body)
    except ValidationError as error:
        return [Problem(path, fault.code, fault.message) for path, fault in flatten_errors(error.messages)]
    return []


def _unwritable(body: object) -> Problem | None:
    try:
        size = len(orjson.dumps(body))
    except orjson.JSONEncodeError:
        return Problem(
            "", ErrorCode.FORMAT, "cannot be written as JSON: it nests too deep or holds a value JSON has not"
        )
    if size > BODY_BYTES_MAX:
        return Problem("", ErrorCode.LENGTH, f"must be at most {BODY_BYTES_MAX} bytes of JSON, and is {size}")
    return None
