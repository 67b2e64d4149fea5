"""Which people the calls are about: no internal people, only real companies, and all recipients of a share."""

from relay.core.default_mapping.people import find_people
from relay.core.destination import BasicCredentials, Destination
from relay.core.event.event import read_event
from tests.strategies import NOW

ACME = Destination(
    name="acme",
    company="acme",
    credentials=BasicCredentials("key", "secret"),
    internal_domains=frozenset({"vendor.example"}),
)


def find_event_people(person=None, recipients=()):
    raw = {
        "id": "ev-1",
        "type": "content_share" if recipients else "page_view",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "share": {"recipients": [{"email": email} for email in recipients]},
        "person": person,
    }
    return find_people(read_event(raw, now=NOW), ACME)


def warning_codes(people):
    return [(warning.path, str(warning.code)) for warning in people.warnings]


def test_an_internal_person_is_filtered_with_a_reason():
    assert (
        find_event_people({"email": "sam@Vendor.example"}).filter_reason
        == "vendor.example is a domain of acme's own people"
    )


def test_an_anonymous_person_is_internal_by_company_domain():
    assert find_event_people({"id": "v-1", "company": {"domain": "vendor.example"}}).filter_reason


def test_a_person_with_an_external_address_is_not_filtered_for_an_internal_company():
    assert not find_event_people(
        {"email": "jane@acme.com", "company": {"domain": "vendor.example"}}
    ).filter_reason


def test_internal_recipients_are_left_out_of_a_share():
    people = find_event_people(recipients=["sam@vendor.example", "jane@acme.com", "kim@vendor.example"])
    assert [person.email for person in people.persons] == ["jane@acme.com"]
    assert people.warnings[0].message == "leaves out 2 of acme's own people"


def test_a_share_with_only_internal_recipients_is_filtered():
    assert (
        find_event_people(recipients=["sam@vendor.example"]).filter_reason
        == "every recipient is one of acme's own people"
    )


def test_the_domain_of_an_email_provider_is_dropped():
    people = find_event_people(
        {
            "email": "jane@gmail.com",
            "company": {"domain": "gmail.com", "crm": [{"type": "account", "id": "1"}]},
        }
    )
    assert people.single.company.domain is None
    assert warning_codes(people) == [("person.company.domain", "free_mail")]


def test_a_company_without_a_domain_or_crm_record_becomes_properties():
    people = find_event_people(
        {"email": "jane@acme.com", "company": {"name": "Acme", "id": "k-1"}, "properties": {"vip": True}}
    )
    assert people.single.company is None
    assert people.single.properties == {"vip": True, "companyName": "Acme", "companyId": "k-1"}
    assert warning_codes(people) == [("person.company", "moved")]


def test_no_company_is_derived_from_an_email_address():
    assert find_event_people({"email": "jane@acme.com"}).single.company is None


def test_details_go_to_the_matching_recipient_and_the_company_to_all():
    person = {"email": "JANE@acme.com", "phone": "1", "company": {"domain": "acme.com"}}
    jane, kim = find_event_people(person, ["jane@acme.com", "kim@acme.com"]).persons
    assert (jane.phone, kim.phone) == ("1", None)
    assert jane.company == kim.company != None  # noqa: E711 - one chain compares all three


def test_details_without_an_address_go_to_the_only_recipient():
    people = find_event_people({"phone": "1"}, ["jane@acme.com"])
    assert (people.single.email, people.single.phone) == ("jane@acme.com", "1")
    assert people.warnings == ()


def test_details_that_match_no_recipient_are_dropped_with_a_warning():
    people = find_event_people({"phone": "1"}, ["jane@acme.com", "kim@acme.com"])
    assert [person.phone for person in people.persons] == [None, None]
    assert warning_codes(people) == [("person.phone", "dropped")]
