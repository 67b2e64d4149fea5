"""Finds the people that an event's calls are about. Leaves out the customer's own people and companies that Gong would reject."""

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
    """The people that an event is about."""

    persons: tuple[Person, ...] = ()
    """Empty if only a tracking id identifies the person."""
    warnings: tuple[Problem, ...] = ()
    filter_reason: str | None = None
    """Why the event is not sent to Gong, if it is not."""

    @property
    def single(self) -> Person | None:
        """The person, if there is exactly one."""
        return self.persons[0] if len(self.persons) == 1 else None


def find_people(event: Event, destination: Destination) -> EventPeople:
    """Return the people that the calls of this event are about."""
    if event.type is EventType.CONTENT_SHARE:
        return _recipients(event, destination)
    if event.person is None:
        return EventPeople()
    if domain := _internal_domain(event.person, destination):
        # Explanations recognize this ending of a filter reason: keep "own people".
        return EventPeople(filter_reason=f"{domain} is a domain of {destination.name}'s own people")
    person, warnings = _with_usable_company(event.person)
    return EventPeople((person,), tuple(warnings))


def unique_recipients(event: Event) -> tuple[Recipient, ...]:
    """Return the recipients of a share, each email address once."""
    # A list of recipients often has the same address twice, sometimes in different case.
    unique: dict[str, Recipient] = {}
    for recipient in event.share.recipients if event.share else ():
        unique.setdefault(recipient.email.lower(), recipient)
    return tuple(unique.values())


def _recipients(event: Event, destination: Destination) -> EventPeople:
    template, warnings = (None, []) if event.person is None else _with_usable_company(event.person)
    recipients = unique_recipients(event)
    all_recipients = [
        _build_recipient(recipient, template, is_only_recipient=len(recipients) == 1)
        for recipient in recipients
    ]
    external = tuple(person for person in all_recipients if not _internal_domain(person, destination))
    if not external:
        return EventPeople(filter_reason=f"every recipient is one of {destination.name}'s own people")
    if len(external) < len(all_recipients):
        count = len(all_recipients) - len(external)
        message = f"leaves out {count} of {destination.name}'s own people"
        warnings.append(Problem("share.recipients", MappingChange.INTERNAL, message))
    if template and not any(
        _is_same_person(template, person, is_only_recipient=len(recipients) == 1) for person in all_recipients
    ):
        warnings.extend(_warn_unmatched(template))
    return EventPeople(external, tuple(warnings))


def _build_recipient(recipient: Recipient, template: Person | None, *, is_only_recipient: bool) -> Person:
    """Combine a recipient with the event's `person`."""
    # All details of `person` go to the recipient with its address. Its company goes to all recipients.
    if template is None:
        return Person(email=recipient.email, name=recipient.name)
    if _is_same_person(template, recipient, is_only_recipient=is_only_recipient):
        return replace(template, email=recipient.email, name=recipient.name or template.name)
    return Person(email=recipient.email, name=recipient.name, company=template.company)


def _is_same_person(template: Person, other: Person | Recipient, *, is_only_recipient: bool) -> bool:
    if template.email is None:
        return is_only_recipient
    return template.email.lower() == (other.email or "").lower()


def _warn_unmatched(template: Person) -> Iterator[Problem]:
    reason = "person is not one of the recipients; only its company is sent with them"
    return dropped_warnings("person", template, reason, keep=("company",))


def _internal_domain(person: Person, destination: Destination) -> str | None:
    # A person without an email address is recognized by the domain of the company.
    domain = person.email.rpartition("@")[2] if person.email else person.company and person.company.domain
    return domain if domain in destination.internal_domains else None


def _with_usable_company(person: Person) -> tuple[Person, list[Problem]]:
    """Drop what Gong would reject: a company without a domain or CRM record. Its name and id become properties."""
    company = person.company
    if company is None:
        return person, []
    warnings = []
    if company.domain and is_free_mail(company.domain):
        message = "is not sent: it belongs to an email provider, so it does not identify a company"
        warnings.append(Problem("person.company.domain", WarningCode.FREE_MAIL, message))
        company = replace(company, domain=None)
    if company.domain or company.crm:
        return (person if company is person.company else replace(person, company=company)), warnings
    if company.name or company.id:
        message = "is sent as properties of the person: Gong accepts a company only with a domain or crm"
        warnings.append(Problem("person.company", MappingChange.MOVED, message))
    return replace(person, company=None, properties=_add_company_properties(person, company)), warnings


def _add_company_properties(person: Person, company: Company) -> dict[str, str | int | float | bool]:
    return merge_properties(
        person=person.properties, company=omit_empty(companyName=company.name, companyId=company.id)
    )
