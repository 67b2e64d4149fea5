"""Removes the destination's own people from a body that is forwarded unchanged otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relay.core.call import Operation
from relay.core.default_mapping.losses import MappingChange
from relay.core.destination import Destination
from relay.core.email_address import domain_of
from relay.core.errors import Problem
from relay.core.gong.accessors import get_object

_PEOPLE_KEYS: Mapping[Operation, str] = {
    Operation.DIGITAL_INTERACTION: "person",
    Operation.CONTENT_SHARED: "recipients",
    Operation.CONTENT_VIEWED: "viewer",
    Operation.CUSTOM_ACTION: "actor",
    Operation.CATALOG_INTERACTION: "participants",
    Operation.CATALOG_SHARE: "recipientEmailAddresses",
    Operation.CATALOG_VIEW: "viewerEmailAddress",
    Operation.CATALOG_ACTION: "actorEmailAddress",
}
"""The key of each body that contains the people it is about."""

# Not CATALOG_INTERACTION: an email goes between a seller and a buyer, so an internal participant is normal there.
_SHARES = frozenset({Operation.CONTENT_SHARED, Operation.CATALOG_SHARE})


@dataclass(frozen=True, slots=True)
class FilteredBody:
    """A body without internal people."""

    body: Mapping[str, Any]
    warnings: tuple[Problem, ...] = ()
    filter_reason: str | None = None
    """Why the body is not sent to Gong, if it is not."""


def remove_internal_people(
    operation: Operation, body: Mapping[str, Any], destination: Destination
) -> FilteredBody:
    """Remove the internal recipients of a share. Filter a body that is only about internal people."""
    key = _PEOPLE_KEYS[operation]
    value = body.get(key, [])
    people = value if isinstance(value, list) else [value]
    external = [person for person in people if _domain(person) not in destination.internal_domains]
    if len(external) == len(people):
        return FilteredBody(body)
    if not external:
        # Explanations recognize this ending of a filter reason: keep "own people only".
        return FilteredBody(body, filter_reason=f"{key} names {destination.name}'s own people only")
    if operation not in _SHARES:
        return FilteredBody(body)
    message = f"leaves out {len(people) - len(external)} of {destination.name}'s own people"
    return FilteredBody({**body, key: external}, (Problem(key, MappingChange.INTERNAL, message),))


def _domain(person: Any) -> str | None:
    """Return the domain of the email address or, without one, of the company."""
    if isinstance(person, str):
        return domain_of(person)
    email = person.get("email") or person.get("emailAddress")
    return domain_of(email) if email else get_object(person, "company").get("domain")
