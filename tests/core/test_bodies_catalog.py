"""The catalogue dialect's bodies: each rule, broken alone."""

import pytest

from relay.core.call import Operation
from relay.core.gong.problems import Code
from relay.core.gong.validate import check
from tests.core.gong_bodies import MAXIMAL, OMIT, changed

INTERACTION, SHARE = Operation.CATALOG_INTERACTION, Operation.CATALOG_SHARE
VIEW, ACTION = Operation.CATALOG_VIEW, Operation.CATALOG_ACTION

BROKEN = [
    (SHARE, {"contentUrl": "deck"}, "contentUrl", Code.FORMAT),
    (SHARE, {"senderEmailAddress": "rep"}, "senderEmailAddress", Code.FORMAT),
    (SHARE, {"recipientEmailAddresses": ["jane@acme.com", "joe"]}, "recipientEmailAddresses[1]", Code.FORMAT),
    (SHARE, {"eventTimestamp": 1_780_000_000}, "eventTimestamp", Code.TYPE),
    (SHARE, {"crmContext": [{"objectType": "Deal"}]}, "crmContext", Code.TYPE),
    (SHARE, {"crmContext.system": "Salesforce"}, "crmContext.system", Code.UNKNOWN),
    (SHARE, {"customProperties": ["a"]}, "customProperties", Code.TYPE),
    (SHARE, {"customProperties": {str(place): "v" for place in range(51)}}, "customProperties", Code.LENGTH),
    (SHARE, {"customProperties": {"score": 7}}, "customProperties.score", Code.TYPE),
    (SHARE, {"customProperties": {"score": None}}, "customProperties.score", Code.NULL),
    (SHARE, {"customProperties": {"a\0": "v"}}, "customProperties.a\\x00", Code.FORMAT),
    (SHARE, {"eventId": "1"}, "eventId", Code.UNKNOWN),
    (VIEW, {"viewerEmailAddress": OMIT}, "viewerEmailAddress", Code.REQUIRED),
    (VIEW, {"viewDuration": -0.5}, "viewDuration", Code.RANGE),
    (VIEW, {"viewDuration": "12"}, "viewDuration", Code.TYPE),
    (VIEW, {"viewDuration": float("inf")}, "viewDuration", Code.RANGE),
    (VIEW, {"viewDuration": float("nan")}, "viewDuration", Code.RANGE),
    (VIEW, {"viewDuration": 10**400}, "viewDuration", Code.RANGE),
    (VIEW, {"pagesViewed": 2.5}, "pagesViewed", Code.TYPE),
    (VIEW, {"pagesViewed": -1}, "pagesViewed", Code.RANGE),
    (VIEW, {"pagesViewed": 4}, "pagesViewed", Code.RANGE),
    (VIEW, {"totalPages": 2**31}, "totalPages", Code.RANGE),
    (VIEW, {"percentageViewed": 100.1}, "percentageViewed", Code.RANGE),
    (VIEW, {"percentageViewed": True}, "percentageViewed", Code.TYPE),
    (ACTION, {"actionName": ""}, "actionName", Code.LENGTH),
    (ACTION, {"targetEmailAddress": "rep"}, "targetEmailAddress", Code.FORMAT),
    (ACTION, {"actorEmailAddress": "Jane <jane@acme.com>"}, "actorEmailAddress", Code.FORMAT),
    (ACTION, {"reportingSystem": "partnerly"}, "reportingSystem", Code.UNKNOWN),
    (INTERACTION, {"interactionType": "EMAIL"}, "interactionType", Code.ENUM),
    (INTERACTION, {"direction": "inbound"}, "direction", Code.ENUM),
    (INTERACTION, {"timestamp": "now"}, "timestamp", Code.FORMAT),
    (INTERACTION, {"body": "x" * 10_001}, "body", Code.LENGTH),
    (INTERACTION, {"participants": "jane@acme.com"}, "participants", Code.TYPE),
    (INTERACTION, {"participants[0].role": "To"}, "participants[0].role", Code.ENUM),
    (INTERACTION, {"participants[0].emailAddress": "jane"}, "participants[0].emailAddress", Code.FORMAT),
    (INTERACTION, {"clientUniqueId": "x" * 256}, "clientUniqueId", Code.LENGTH),
]


@pytest.mark.parametrize(("operation", "changes", "path", "code"), BROKEN)
def test_a_broken_rule_is_told_once_at_its_own_path(operation, changes, path, code):
    problems = check(operation, changed(MAXIMAL[operation], changes))

    assert [(problem.path, problem.code) for problem in problems] == [(path, code)]


def test_pages_viewed_may_be_told_without_their_total():
    assert check(VIEW, changed(MAXIMAL[VIEW], {"totalPages": OMIT})) == []
