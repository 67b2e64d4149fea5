"""Gong is not told of the destination's own people, by whichever endpoint they come."""

import pytest

from relay.core.call import Dialect, Operation
from relay.core.gong_compat.parse import CATALOG_OPERATIONS
from tests.core.endpoints_world import understood
from tests.core.gong_bodies import MAXIMAL, changed

ONE = "me@vendor.com"
PEOPLE = {
    Operation.DIGITAL_INTERACTION: ("person.email", ONE),
    Operation.CONTENT_SHARED: ("recipients", [{"email": ONE}]),
    Operation.CONTENT_VIEWED: ("viewer.email", ONE),
    Operation.CUSTOM_ACTION: ("actor.email", ONE),
    Operation.CATALOG_INTERACTION: ("participants", [{"emailAddress": ONE, "role": "Sender"}]),
    Operation.CATALOG_SHARE: ("recipientEmailAddresses", [ONE]),
    Operation.CATALOG_VIEW: ("viewerEmailAddress", ONE),
    Operation.CATALOG_ACTION: ("actorEmailAddress", ONE),
}


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("operation", Operation)
def test_what_only_colleagues_did_is_filtered(operation: Operation, dialect: Dialect):
    path, who = PEOPLE[operation]
    found = understood(operation, changed(MAXIMAL[operation], {path: who}), dialect)

    assert found.mapped.calls == ()
    assert "acme" in (found.mapped.filter_reason or "")


@pytest.mark.parametrize(
    ("operation", "key", "inside", "outside"),
    [
        (Operation.CONTENT_SHARED, "recipients", {"email": ONE}, {"email": "jane@acme.com"}),
        (Operation.CATALOG_SHARE, "recipientEmailAddresses", ONE, "jane@acme.com"),
    ],
)
def test_a_share_loses_its_internal_recipients_with_a_warning(operation, key, inside, outside):
    dialect = Dialect.CATALOG if operation in CATALOG_OPERATIONS else Dialect.GONG
    body = changed(MAXIMAL[operation], {key: [inside, outside]})
    mapped = understood(operation, body, dialect).mapped

    assert mapped.calls[0].body == body | {key: [outside]}
    assert (key, "internal_people") in [(told.path, told.code) for told in mapped.warnings]


def test_a_mail_between_a_colleague_and_a_buyer_is_sent_on_whole():
    people = [{"emailAddress": ONE, "role": "Sender"}, {"emailAddress": "jane@acme.com", "role": "Recipient"}]
    body = MAXIMAL[Operation.CATALOG_INTERACTION] | {"participants": people}
    mapped = understood(Operation.CATALOG_INTERACTION, body, Dialect.CATALOG).mapped

    assert mapped.calls[0].body == body


def test_somebody_without_an_address_is_a_colleague_by_the_companys_domain():
    person = {"personId": "visitor-1", "company": {"domain": "vendor.com"}}
    body = MAXIMAL[Operation.DIGITAL_INTERACTION] | {"person": person}

    assert understood(Operation.DIGITAL_INTERACTION, body).mapped.filter_reason


def test_who_is_known_by_a_tracking_id_only_is_no_colleague():
    body = {key: item for key, item in MAXIMAL[Operation.DIGITAL_INTERACTION].items() if key != "person"}

    assert understood(Operation.DIGITAL_INTERACTION, body | {"trackingId": "t"}).mapped.filter_reason is None
