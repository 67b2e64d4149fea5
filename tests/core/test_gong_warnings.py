"""Warnings about bodies that Gong accepts, and how reliably Gong can match them."""

import pytest

from relay.core.call import Operation
from relay.core.gong.problems import WarningCode
from relay.core.gong.validate import Association, assess_association, find_warnings, validate_body
from tests.core.gong_bodies import MAXIMAL, MINIMAL, OMIT, with_changes

DI, SHARED, VIEWED, ACTION = (
    Operation.DIGITAL_INTERACTION,
    Operation.CONTENT_SHARED,
    Operation.CONTENT_VIEWED,
    Operation.CUSTOM_ACTION,
)
CLEAN = {
    DI: with_changes(MAXIMAL[DI], {"content.stepContentDetails": OMIT, "content.searchObjectDetails": OMIT})
}
CLEAN |= {operation: MAXIMAL[operation] for operation in Operation if operation is not DI}

WARNINGS = [
    (DI, {"content": MAXIMAL[DI]["content"]}, "content", WarningCode.CONFLICTING_DETAILS),
    (DI, {"person.company.domain": "gmail.com"}, "person.company.domain", WarningCode.FREE_MAIL),
    (DI, {"customFields[0].name": "a"}, "customFields", WarningCode.DUPLICATE_NAME),
    (
        DI,
        {"content.contentUrl": "https://a.co/?x=1&Token=abc"},
        "content.contentUrl",
        WarningCode.SECRET_IN_URL,
    ),
    (DI, {"person": {"name": "Jane"}}, "", WarningCode.ASSOCIATION),
    (SHARED, {"eventId": OMIT}, "eventId", WarningCode.NO_EVENT_ID),
    (SHARED, {"crmContext[0].system": "HubSpot"}, "crmContext[0].system", WarningCode.CRM_SYSTEM),
    (
        SHARED,
        {"recipients[0].context[0].system": "HubSpot"},
        "recipients[0].context[0].system",
        WarningCode.CRM_SYSTEM,
    ),
    (SHARED, {"shareInfoUrl": "https://a.co/#access_token=x"}, "shareInfoUrl", WarningCode.SECRET_IN_URL),
    (
        VIEWED,
        {"viewer.context[0].system": "MicrosoftDynamic"},
        "viewer.context[0].system",
        WarningCode.CRM_SYSTEM,
    ),
    (VIEWED, {"contentProperties[1].name": "pages"}, "contentProperties", WarningCode.DUPLICATE_NAME),
    (ACTION, {"actor.context[0].system": "HubSpot"}, "actor.context[0].system", WarningCode.CRM_SYSTEM),
    (
        ACTION,
        {
            "crmContext[0].objects": [
                {"objectType": "Opportunity", "objectId": object_id} for object_id in ("1", "2")
            ]
        },
        "crmContext",
        WarningCode.MULTIPLE_OPPORTUNITIES,
    ),
    (Operation.CATALOG_VIEW, {"contentUrl": "https://a.co/?sig=x"}, "contentUrl", WarningCode.SECRET_IN_URL),
    (
        Operation.CATALOG_SHARE,
        {"recipientEmailAddresses": OMIT, "crmContext": OMIT},
        "",
        WarningCode.ASSOCIATION,
    ),
]

ASSOCIATIONS = [
    (DI, {"person": {"email": "jane@gmail.com"}}, Association.STRONG),
    (
        DI,
        {"person": {"personBusinessContext": {"objectType": "LEAD", "objectId": "00Q"}}},
        Association.STRONG,
    ),
    (
        DI,
        {
            "person": {
                "name": "J",
                "company": {"companyBusinessContexts": [{"objectType": "ACCOUNT", "objectId": "1"}]},
            }
        },
        Association.STRONG,
    ),
    (DI, {"person": {"phoneNumber": "+1 555 0100"}}, Association.MEDIUM),
    (DI, {"person": {"personId": "v-1", "company": {"domain": "acme.com"}}}, Association.MEDIUM),
    (DI, {"person": {"name": "Jane"}}, Association.WEAK),
    (DI, {"person": OMIT, "trackingId": "t-1"}, Association.OPAQUE),
    (SHARED, {"crmContext": OMIT}, Association.STRONG),
    (SHARED, {"recipients": OMIT}, Association.STRONG),
    (SHARED, {"recipients": [], "crmContext": []}, Association.WEAK),
    (VIEWED, {"viewer": OMIT, "trackingId": "t-1"}, Association.STRONG),
    (VIEWED, {"viewer": OMIT, "trackingId": "t-1", "crmContext": OMIT}, Association.OPAQUE),
    (VIEWED, {"viewer": {"name": "Jane"}, "crmContext": OMIT}, Association.WEAK),
    (ACTION, {"actor.email": OMIT, "crmContext": OMIT}, Association.STRONG),
    (ACTION, {"actor": OMIT, "crmContext": OMIT}, Association.WEAK),
    (Operation.CATALOG_INTERACTION, {}, Association.STRONG),
    (Operation.CATALOG_INTERACTION, {"participants": [{"name": "Jane"}]}, Association.WEAK),
    (Operation.CATALOG_SHARE, {"crmContext": OMIT}, Association.STRONG),
    (Operation.CATALOG_SHARE, {"recipientEmailAddresses": []}, Association.STRONG),
    (Operation.CATALOG_VIEW, {}, Association.STRONG),
    (Operation.CATALOG_ACTION, {}, Association.STRONG),
]


@pytest.mark.parametrize("operation", Operation)
def test_a_clean_body_has_no_warning(operation):
    assert find_warnings(operation, CLEAN[operation]) == []


@pytest.mark.parametrize(("operation", "changes", "path", "code"), WARNINGS)
def test_a_warning_is_reported_once_and_the_body_is_valid(operation, changes, path, code):
    body = with_changes(CLEAN[operation], changes)

    assert validate_body(operation, body) == []
    assert [(problem.path, problem.code) for problem in find_warnings(operation, body)] == [(path, code)]


@pytest.mark.parametrize(("operation", "changes", "expected"), ASSOCIATIONS)
def test_association_says_how_surely_gong_can_match_an_event(operation, changes, expected):
    body = with_changes(CLEAN[operation], changes)

    assert validate_body(operation, body) == []
    assert assess_association(operation, body) is expected


def test_a_tracking_id_gets_a_warning():
    [problem] = find_warnings(DI, MINIMAL[DI])

    assert (problem.path, problem.code) == ("trackingId", WarningCode.ASSOCIATION)
