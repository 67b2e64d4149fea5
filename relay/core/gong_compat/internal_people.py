"""The destination's own people in a body that is sent on as it came: Gong is not told of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relay.core.call import Operation
from relay.core.default_mapping.losses import MappingChange
from relay.core.destination import Destination
from relay.core.email_address import domain_of
from relay.core.errors import Problem
from relay.core.gong.accessors import get_object

_WHO: Mapping[Operation, str] = {
    Operation.DIGITAL_INTERACTION: "person",
    Operation.CONTENT_SHARED: "recipients",
    Operation.CONTENT_VIEWED: "viewer",
    Operation.CUSTOM_ACTION: "actor",
    Operation.CATALOG_INTERACTION: "participants",
    Operation.CATALOG_SHARE: "recipientEmailAddresses",
    Operation.CATALOG_VIEW: "viewerEmailAddress",
    Operation.CATALOG_ACTION: "actorEmailAddress",
}
"""Where a body names the people that its event is about."""

# A mail goes between seller and buyer, so that one colleague among its participants is no reason to change it.
_SHARES = frozenset({Operation.CONTENT_SHARED, Operation.CATALOG_SHARE})


@dataclass(frozen=True, slots=True)
class FilteredBody:
    """A body without colleagues, or why Gong is not told of it at all."""

    body: Mapping[str, Any]
    warnings: tuple[Problem, ...] = ()
    filter_reason: str | None = None


def remove_internal_people(
    operation: Operation, body: Mapping[str, Any], destination: Destination
) -> FilteredBody:
    """The body for Gong: a share loses its internal recipients, and what is about nobody else is filtered."""
    key = _WHO[operation]
    told = body.get(key, [])
    people = told if isinstance(told, list) else [told]
    others = [person for person in people if _domain(person) not in destination.internal_domains]
    if len(others) == len(people):
        return FilteredBody(body)
    if not others:
        return FilteredBody(body, filter_reason=f"{key} names {destination.name}'s own people only")
    if operation not in _SHARES:
        return FilteredBody(body)
    message = f"leaves out {len(people) - len(others)} of {destination.name}'s own people"
    return FilteredBody({**body, key: others}, (Problem(key, MappingChange.INTERNAL, message),))


def _domain(person: Any) -> str | None:
    """Of somebody without an address, the company's domain tells."""
    if isinstance(person, str):
        return domain_of(person)
    email = person.get("email") or person.get("emailAddress")
    return domain_of(email) if email else get_object(person, "company").get("domain")
