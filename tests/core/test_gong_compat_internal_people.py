"""Events about the destination's own people are not sent to Gong, whichever endpoint receives them."""

import pytest

from relay.core.call import Dialect, Operation
from relay.core.gong_compat.parse import CATALOG_OPERATIONS
from tests.core.gong_bodies import MAXIMAL, with_changes
from tests.core.gong_compat_requests import map_body

COLLEAGUE = "me@vendor.com"
PEOPLE = {
    Operation.DIGITAL_INTERACTION: ("person.email", COLLEAGUE),
    Operation.CONTENT_SHARED: ("recipients", [{"email": COLLEAGUE}]),
    Operation.CONTENT_VIEWED: ("viewer.email", COLLEAGUE),
    Operation.CUSTOM_ACTION: ("actor.email", COLLEAGUE),
    Operation.CATALOG_INTERACTION: ("participants", [{"emailAddress": COLLEAGUE, "role": "Sender"}]),
    Operation.CATALOG_SHARE: ("recipientEmailAddresses", [COLLEAGUE]),
    Operation.CATALOG_VIEW: ("viewerEmailAddress", COLLEAGUE),
    Operation.CATALOG_ACTION: ("actorEmailAddress", COLLEAGUE),
}


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("operation", Operation)
def test_an_event_about_only_internal_people_is_filtered(operation: Operation, dialect: Dialect):
    path, person = PEOPLE[operation]
    request = map_body(operation, with_changes(MAXIMAL[operation], {path: person}), dialect)

    assert request.mapped.calls == ()
    assert "acme" in (request.mapped.filter_reason or "")


@pytest.mark.parametrize(
    ("operation", "key", "internal", "external"),
    [
        (Operation.CONTENT_SHARED, "recipients", {"email": COLLEAGUE}, {"email": "jane@acme.com"}),
        (Operation.CATALOG_SHARE, "recipientEmailAddresses", COLLEAGUE, "jane@acme.com"),
    ],
)
def test_a_share_loses_its_internal_recipients_with_a_warning(operation, key, internal, external):
    dialect = Dialect.CATALOG if operation in CATALOG_OPERATIONS else Dialect.GONG
    body = with_changes(MAXIMAL[operation], {key: [internal, external]})
    mapped = map_body(operation, body, dialect).mapped

    assert mapped.calls[0].body == body | {key: [external]}
    assert (key, "internal_people") in [(warning.path, warning.code) for warning in mapped.warnings]


def test_an_email_between_a_colleague_and_a_buyer_is_forwarded_unchanged():
    people = [
        {"emailAddress": COLLEAGUE, "role": "Sender"},
        {"emailAddress": "jane@acme.com", "role": "Recipient"},
    ]
    body = MAXIMAL[Operation.CATALOG_INTERACTION] | {"participants": people}
    mapped = map_body(Operation.CATALOG_INTERACTION, body, Dialect.CATALOG).mapped

    assert mapped.calls[0].body == body


def test_a_person_without_an_email_address_is_internal_by_company_domain():
    person = {"personId": "visitor-1", "company": {"domain": "vendor.com"}}
    body = MAXIMAL[Operation.DIGITAL_INTERACTION] | {"person": person}

    assert map_body(Operation.DIGITAL_INTERACTION, body).mapped.filter_reason


def test_an_event_with_only_a_tracking_id_is_not_filtered():
    body = {key: item for key, item in MAXIMAL[Operation.DIGITAL_INTERACTION].items() if key != "person"}

    assert map_body(Operation.DIGITAL_INTERACTION, body | {"trackingId": "t"}).mapped.filter_reason is None
