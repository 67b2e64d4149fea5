"""Validation of the catalog dialect's bodies, with one rule broken at a time."""

import pytest

from relay.core.call import Operation
from relay.core.gong.problems import ErrorCode
from relay.core.gong.validate import validate_body
from tests.core.gong_bodies import MAXIMAL, OMIT, with_changes

INTERACTION, SHARE = Operation.CATALOG_INTERACTION, Operation.CATALOG_SHARE
VIEW, ACTION = Operation.CATALOG_VIEW, Operation.CATALOG_ACTION

INVALID_CHANGES = [
    (SHARE, {"contentUrl": "deck"}, "contentUrl", ErrorCode.FORMAT),
    (SHARE, {"senderEmailAddress": "rep"}, "senderEmailAddress", ErrorCode.FORMAT),
    (
        SHARE,
        {"recipientEmailAddresses": ["jane@acme.com", "joe"]},
        "recipientEmailAddresses[1]",
        ErrorCode.FORMAT,
    ),
    (SHARE, {"eventTimestamp": 1_780_000_000}, "eventTimestamp", ErrorCode.TYPE),
    (SHARE, {"crmContext": [{"objectType": "Deal"}]}, "crmContext", ErrorCode.TYPE),
    (SHARE, {"crmContext.system": "Salesforce"}, "crmContext.system", ErrorCode.UNKNOWN),
    (SHARE, {"customProperties": ["a"]}, "customProperties", ErrorCode.TYPE),
    (
        SHARE,
        {"customProperties": {str(number): "v" for number in range(51)}},
        "customProperties",
        ErrorCode.LENGTH,
    ),
    (SHARE, {"customProperties": {"score": 7}}, "customProperties.score", ErrorCode.TYPE),
    (SHARE, {"customProperties": {"score": None}}, "customProperties.score", ErrorCode.NULL),
    (SHARE, {"customProperties": {"a\0": "v"}}, "customProperties.a\\x00", ErrorCode.FORMAT),
    (SHARE, {"eventId": "1"}, "eventId", ErrorCode.UNKNOWN),
    (VIEW, {"viewerEmailAddress": OMIT}, "viewerEmailAddress", ErrorCode.REQUIRED),
    (VIEW, {"viewDuration": -0.5}, "viewDuration", ErrorCode.RANGE),
    (VIEW, {"viewDuration": "12"}, "viewDuration", ErrorCode.TYPE),
    (VIEW, {"viewDuration": float("inf")}, "viewDuration", ErrorCode.RANGE),
    (VIEW, {"viewDuration": float("nan")}, "viewDuration", ErrorCode.RANGE),
    (VIEW, {"viewDuration": 10**400}, "viewDuration", ErrorCode.RANGE),
    (VIEW, {"pagesViewed": 2.5}, "pagesViewed", ErrorCode.TYPE),
    (VIEW, {"pagesViewed": -1}, "pagesViewed", ErrorCode.RANGE),
    (VIEW, {"pagesViewed": 4}, "pagesViewed", ErrorCode.RANGE),
    (VIEW, {"totalPages": 2**31}, "totalPages", ErrorCode.RANGE),
    (VIEW, {"percentageViewed": 100.1}, "percentageViewed", ErrorCode.RANGE),
    (VIEW, {"percentageViewed": True}, "percentageViewed", ErrorCode.TYPE),
    (ACTION, {"actionName": ""}, "actionName", ErrorCode.LENGTH),
    (ACTION, {"targetEmailAddress": "rep"}, "targetEmailAddress", ErrorCode.FORMAT),
    (ACTION, {"actorEmailAddress": "Jane <jane@acme.com>"}, "actorEmailAddress", ErrorCode.FORMAT),
    (ACTION, {"reportingSystem": "partnerly"}, "reportingSystem", ErrorCode.UNKNOWN),
    (INTERACTION, {"interactionType": "EMAIL"}, "interactionType", ErrorCode.ENUM),
    (INTERACTION, {"direction": "inbound"}, "direction", ErrorCode.ENUM),
    (INTERACTION, {"timestamp": "now"}, "timestamp", ErrorCode.FORMAT),
    (INTERACTION, {"body": "x" * 10_001}, "body", ErrorCode.LENGTH),
    (INTERACTION, {"participants": "jane@acme.com"}, "participants", ErrorCode.TYPE),
    (INTERACTION, {"participants[0].role": "To"}, "participants[0].role", ErrorCode.ENUM),
    (INTERACTION, {"participants[0].emailAddress": "jane"}, "participants[0].emailAddress", ErrorCode.FORMAT),
    (INTERACTION, {"clientUniqueId": "x" * 256}, "clientUniqueId", ErrorCode.LENGTH),
]


@pytest.mark.parametrize(("operation", "changes", "path", "code"), INVALID_CHANGES)
def test_a_broken_rule_is_reported_once_at_its_path(operation, changes, path, code):
    problems = validate_body(operation, with_changes(MAXIMAL[operation], changes))

    assert [(problem.path, problem.code) for problem in problems] == [(path, code)]


def test_pages_viewed_is_valid_without_a_total():
    assert validate_body(VIEW, with_changes(MAXIMAL[VIEW], {"totalPages": OMIT})) == []
