"""Removes the destination's own people from a mapped body, and filters events that are only about them."""

from collections.abc import Container, Iterator, Mapping
from typing import Any

from relay.core.call import Operation
from relay.core.gong.accessors import get_object, iter_objects
from relay.core.mapping.body_layout import BODY_LAYOUTS

_EMAIL_KEYS = ("viewerEmailAddress", "actorEmailAddress")
"""Where bodies of the catalog dialect hold the person's address."""


def remove_internal_people(
    operation: Operation, body: dict[str, Any], internal_domains: Container[str]
) -> tuple[dict[str, Any], str | None]:
    """Return the body without internal recipients, and why the event is filtered if only internal people are left."""
    for domain in _find_person_domains(operation, body):
        if domain in internal_domains:
            return body, f"{domain} is a domain of your own people"
    return _remove_internal_recipients(operation, body, internal_domains)


def _find_person_domains(operation: Operation, body: Mapping[str, Any]) -> Iterator[str]:
    if key := BODY_LAYOUTS[operation].person_key:
        person = get_object(body, key)
        # Without an address, the company's domain is the only hint at who the person works for.
        yield _get_email_host(person.get("email")) or str(get_object(person, "company").get("domain"))
    for key in _EMAIL_KEYS:
        yield _get_email_host(body.get(key))


def _remove_internal_recipients(
    operation: Operation, body: dict[str, Any], internal_domains: Container[str]
) -> tuple[dict[str, Any], str | None]:
    key = BODY_LAYOUTS[operation].people_key
    if key is None:
        return body, None
    people = [person for _, person in iter_objects(body.get(key))]
    external = [person for person in people if _get_email_host(person.get("email")) not in internal_domains]
    if len(external) == len(people):
        return body, None
    if not external:
        return body, "every recipient is one of your own people"
    return body | {key: external}, None


def _get_email_host(email: Any) -> str:
    return email.rpartition("@")[2] if isinstance(email, str) else ""
