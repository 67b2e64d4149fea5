"""The people Gong is told about: recipients or the one who did it, without colleagues and without false companies."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from relay.core.default_mapping.losses import MappingChange, dropped_warnings
from relay.core.default_mapping.properties import merge_properties, omit_empty
from relay.core.destination import Destination
from relay.core.email_address import is_free_mail
from relay.core.errors import Problem
from relay.core.event.event import Event
from relay.core.event.model import Company, EventType, Person, Recipient
from relay.core.gong.problems import WarningCode


@dataclass(frozen=True, slots=True)
class EventPeople:
    """`persons` is empty when only a tracking id says who it was. `filter_reason` says why Gong is not told at all."""

    persons: tuple[Person, ...] = ()
    warnings: tuple[Problem, ...] = ()
    filter_reason: str | None = None

    @property
    def single(self) -> Person | None:
        """The one person, where there is one."""
        return self.persons[0] if len(self.persons) == 1 else None


def find_people(event: Event, destination: Destination) -> EventPeople:
    """Who the calls of this event are about."""
    if event.type is EventType.CONTENT_SHARE:
        return _recipients(event, destination)
    if event.person is None:
        return EventPeople()
    if domain := _internal_domain(event.person, destination):
        return EventPeople(filter_reason=f"{domain} is a domain of {destination.name}'s own people")
    person, warnings = _with_usable_company(event.person)
    return EventPeople((person,), tuple(warnings))


def unique_recipients(event: Event) -> tuple[Recipient, ...]:
    """Each address once: a list of recipients often holds somebody twice."""
    first: dict[str, Recipient] = {}
    for recipient in event.share.recipients if event.share else ():
        first.setdefault(recipient.email.lower(), recipient)
    return tuple(first.values())


def _recipients(event: Event, destination: Destination) -> EventPeople:
    template, warnings = (None, []) if event.person is None else _with_usable_company(event.person)
    recipients = unique_recipients(event)
    everyone = [_recipient(recipient, template, alone=len(recipients) == 1) for recipient in recipients]
    outside = tuple(person for person in everyone if not _internal_domain(person, destination))
    if not outside:
        return EventPeople(filter_reason=f"every recipient is one of {destination.name}'s own people")
    if len(outside) < len(everyone):
        count = len(everyone) - len(outside)
        message = f"leaves out {count} of {destination.name}'s own people"
        warnings.append(Problem("share.recipients", MappingChange.INTERNAL, message))
    if template and not any(_is_same(template, person, alone=len(recipients) == 1) for person in everyone):
        warnings.extend(_unplaced(template))
    return EventPeople(outside, tuple(warnings))


def _recipient(recipient: Recipient, template: Person | None, *, alone: bool) -> Person:
    """What `person` tells goes with the recipient it means; its company goes with them all."""
    if template is None:
        return Person(recipient.email, recipient.name)
    if _is_same(template, recipient, alone=alone):
        return replace(template, email=recipient.email, name=recipient.name or template.name)
    return Person(recipient.email, recipient.name, company=template.company)


def _is_same(template: Person, other: Person | Recipient, *, alone: bool) -> bool:
    if template.email is None:
        return alone
    return template.email.lower() == (other.email or "").lower()


def _unplaced(template: Person) -> Iterator[Problem]:
    why = "person is none of the recipients, so that only its company goes with them"
    return dropped_warnings("person", template, why, but=("company",))


def _internal_domain(person: Person, destination: Destination) -> str | None:
    """Of a person without an address, the company's domain tells."""
    domain = person.email.rpartition("@")[2] if person.email else person.company and person.company.domain
    return domain if domain in destination.internal_domains else None


def _with_usable_company(person: Person) -> tuple[Person, list[Problem]]:
    """Gong takes a company only with a domain or a CRM record; without one its name becomes a property."""
    company = person.company
    if company is None:
        return person, []
    warnings = []
    if company.domain and is_free_mail(company.domain):
        message = "is not sent: it belongs to a mail provider, whose users are no company"
        warnings.append(Problem("person.company.domain", WarningCode.FREE_MAIL, message))
        company = replace(company, domain=None)
    if company.domain or company.crm:
        return (person if company is person.company else replace(person, company=company)), warnings
    if company.name or company.id:
        message = "is sent as properties of the person: Gong takes a company with a domain or crm only"
        warnings.append(Problem("person.company", MappingChange.MOVED, message))
    return replace(person, company=None, properties=_with_company(person, company)), warnings


def _with_company(person: Person, company: Company) -> dict[str, str | int | float | bool]:
    return merge_properties(
        person=person.properties, company=omit_empty(companyName=company.name, companyId=company.id)
    )
