"""The company's own people in a mapped body: an event about them alone is none for Gong."""

from collections.abc import Container, Iterator, Mapping
from typing import Any

from relay.core.call import Operation
from relay.core.gong.accessors import get_object, iter_objects
from relay.core.mapping.body_layout import BODY_LAYOUTS

_ADDRESSES = ("viewerEmailAddress", "actorEmailAddress")


def remove_internal_people(
    operation: Operation, body: dict[str, Any], internal_domains: Container[str]
) -> tuple[dict[str, Any], str | None]:
    """The body less the colleagues among its recipients, and why Gong is not told at all, if so."""
    for domain in _domains(operation, body):
        if domain in internal_domains:
            return body, f"{domain} is a domain of one's own people"
    return _outside(operation, body, internal_domains)


def _domains(operation: Operation, body: Mapping[str, Any]) -> Iterator[str]:
    """Of the one whom the event is about. Of a person without an address, the company's domain tells."""
    if one := BODY_LAYOUTS[operation].person_key:
        who = get_object(body, one)
        yield _host(who.get("email")) or str(get_object(who, "company").get("domain"))
    for key in _ADDRESSES:
        yield _host(body.get(key))


def _outside(
    operation: Operation, body: dict[str, Any], internal_domains: Container[str]
) -> tuple[dict[str, Any], str | None]:
    key = BODY_LAYOUTS[operation].people_key
    everyone = [each for _, each in iter_objects(body.get(key))] if key else []
    outside = [each for each in everyone if _host(each.get("email")) not in internal_domains]
    if key is None or len(outside) == len(everyone):
        return body, None
    if not outside:
        return body, "every recipient is one of one's own people"
    return body | {key: outside}, None


def _host(email: Any) -> str:
    return email.rpartition("@")[2] if isinstance(email, str) else ""
