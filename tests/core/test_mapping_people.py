"""Whom Gong is told about: no colleagues, no false companies, and in a share everyone who received it."""

from relay.core.default_mapping.people import find_people
from relay.core.destination import BasicCredentials, Destination
from relay.core.event.event import read_event
from tests.strategies import NOW

ACME = Destination(
    "acme", "acme", BasicCredentials("key", "secret"), internal_domains=frozenset({"vendor.example"})
)


def people(person=None, recipients=()):
    raw = {
        "id": "ev-1",
        "type": "content_share" if recipients else "page_view",
        "occurred_at": "2026-11-20T10:00:00Z",
        "content": {"title": "Pricing"},
        "share": {"recipients": [{"email": email} for email in recipients]},
        "person": person,
    }
    return find_people(read_event(raw, now=NOW), ACME)


def warned(found):
    return [(warning.path, str(warning.code)) for warning in found.warnings]


def test_a_colleague_is_filtered_with_the_reason():
    assert (
        people({"email": "sam@Vendor.example"}).filter_reason
        == "vendor.example is a domain of acme's own people"
    )


def test_an_anonymous_colleague_is_known_by_the_company():
    assert people({"id": "v-1", "company": {"domain": "vendor.example"}}).filter_reason


def test_a_customer_is_not_filtered_for_a_company_that_is_ours():
    assert not people({"email": "jane@acme.com", "company": {"domain": "vendor.example"}}).filter_reason


def test_colleagues_are_left_out_of_a_share():
    found = people(recipients=["sam@vendor.example", "jane@acme.com", "kim@vendor.example"])
    assert [person.email for person in found.persons] == ["jane@acme.com"]
    assert found.warnings[0].message == "leaves out 2 of acme's own people"


def test_a_share_among_colleagues_is_filtered():
    assert (
        people(recipients=["sam@vendor.example"]).filter_reason
        == "every recipient is one of acme's own people"
    )


def test_a_mail_provider_is_no_company():
    found = people(
        {
            "email": "jane@gmail.com",
            "company": {"domain": "gmail.com", "crm": [{"type": "account", "id": "1"}]},
        }
    )
    assert found.single.company.domain is None
    assert warned(found) == [("person.company.domain", "free_mail")]


def test_a_company_that_gong_cannot_find_becomes_properties():
    found = people(
        {"email": "jane@acme.com", "company": {"name": "Acme", "id": "k-1"}, "properties": {"vip": True}}
    )
    assert found.single.company is None
    assert found.single.properties == {"vip": True, "companyName": "Acme", "companyId": "k-1"}
    assert warned(found) == [("person.company", "moved")]


def test_no_company_is_guessed_from_an_address():
    assert people({"email": "jane@acme.com"}).single.company is None


def test_what_is_known_of_one_recipient_goes_with_that_one_and_the_company_with_all():
    told = {"email": "JANE@acme.com", "phone": "1", "company": {"domain": "acme.com"}}
    jane, kim = people(told, ["jane@acme.com", "kim@acme.com"]).persons
    assert (jane.phone, kim.phone) == ("1", None)
    assert jane.company == kim.company != None  # noqa: E711 - one chain says all three


def test_what_is_known_without_an_address_goes_with_the_only_recipient():
    found = people({"phone": "1"}, ["jane@acme.com"])
    assert (found.single.email, found.single.phone) == ("jane@acme.com", "1")
    assert found.warnings == ()


def test_what_is_known_of_nobody_among_the_recipients_is_dropped_with_a_warning():
    found = people({"phone": "1"}, ["jane@acme.com", "kim@acme.com"])
    assert [person.phone for person in found.persons] == [None, None]
    assert warned(found) == [("person.phone", "dropped")]
