"""Validation of Gong's engagement calls, with one rule broken at a time."""

import pytest

from relay.core.call import Operation
from relay.core.gong.problems import ErrorCode
from relay.core.gong.validate import validate_body
from tests.core.gong_bodies import ACTOR, MAXIMAL, OMIT, with_changes

SHARED, VIEWED, ACTION = Operation.CONTENT_SHARED, Operation.CONTENT_VIEWED, Operation.CUSTOM_ACTION
CRM_OBJECT = "crmContext[0].objects[0]"

INVALID_FOR_ALL = [
    ({"reportingSystem": " "}, "reportingSystem", ErrorCode.LENGTH),
    ({"eventTimestamp": "2021-08-01T02:30:00"}, "eventTimestamp", ErrorCode.FORMAT),
    ({"eventId": "é"}, "eventId", ErrorCode.FORMAT),
    ({"contentUrl": "example.com/doc"}, "contentUrl", ErrorCode.FORMAT),
    ({"contentTitle": "x" * 256}, "contentTitle", ErrorCode.LENGTH),
    ({"crmContext": {"system": "Generic"}}, "crmContext", ErrorCode.TYPE),
    ({"crmContext[0].system": "Pipedrive"}, "crmContext[0].system", ErrorCode.ENUM),
    ({"crmContext[0].system": OMIT}, "crmContext[0].system", ErrorCode.REQUIRED),
    ({f"{CRM_OBJECT}.objectType": "Contact"}, f"{CRM_OBJECT}.objectType", ErrorCode.ENUM),
    ({f"{CRM_OBJECT}.objectType": "Opportunity,Account"}, f"{CRM_OBJECT}.objectType", ErrorCode.ENUM),
    ({f"{CRM_OBJECT}.objectId": OMIT}, f"{CRM_OBJECT}.objectId", ErrorCode.REQUIRED),
    ({"contentProperties[0].dataType": OMIT}, "contentProperties[0].dataType", ErrorCode.REQUIRED),
    (
        {"contentProperties[0].dataType": "number, string, url, date"},
        "contentProperties[0].dataType",
        ErrorCode.ENUM,
    ),
    ({"contentProperties[0].value": 9}, "contentProperties[0].value", ErrorCode.TYPE),
    ({"contentProperties[0].value": "nine"}, "contentProperties[0].value", ErrorCode.FORMAT),
    ({"eventProperties[2].value": "17.02.2021"}, "eventProperties[2].value", ErrorCode.FORMAT),
    ({"eventProperties[3].value": "example.com"}, "eventProperties[3].value", ErrorCode.FORMAT),
    (
        {"eventProperties": [{"name": "n", "value": "v", "dataType": "string"}] * 51},
        "eventProperties",
        ErrorCode.LENGTH,
    ),
    ({"workspaceId": 623457276584334}, "workspaceId", ErrorCode.TYPE),
    ({"nonCompanyParticipants": [ACTOR]}, "nonCompanyParticipants", ErrorCode.UNKNOWN),
    ({"moreInfoUrl": "https://example.com"}, "moreInfoUrl", ErrorCode.UNKNOWN),
]
INVALID_CHANGES = [
    *((operation, *row) for operation in (SHARED, VIEWED, ACTION) for row in INVALID_FOR_ALL),
    (SHARED, {"sharingMessageBody": "x" * 10_001}, "sharingMessageBody", ErrorCode.LENGTH),
    (SHARED, {"shareInfoUrl": "ftp://example.com"}, "shareInfoUrl", ErrorCode.FORMAT),
    (SHARED, {"sharer.email": "rep"}, "sharer.email", ErrorCode.FORMAT),
    (SHARED, {"sharer.title": "AE"}, "sharer.title", ErrorCode.UNKNOWN),
    (SHARED, {"recipients[0].email": OMIT}, "recipients[0].email", ErrorCode.REQUIRED),
    (SHARED, {"recipients": ["jane@acme.com"]}, "recipients[0]", ErrorCode.TYPE),
    (SHARED, {"recipients": [ACTOR] * 101}, "recipients", ErrorCode.LENGTH),
    *(
        (SHARED, {key: "x"}, key, ErrorCode.UNKNOWN)
        for key in ("mobileAppId", "agentPlatform", "userAgent", "trackingId")
    ),
    (VIEWED, {"viewer": OMIT}, "viewer", ErrorCode.REQUIRED),
    (VIEWED, {"trackingId": "t-1"}, "trackingId", ErrorCode.RULE),
    (VIEWED, {"agentPlatform": "Windows, Linux, MacOS, iOS, Android"}, "agentPlatform", ErrorCode.ENUM),
    (VIEWED, {"viewInfoUrl": "example.com"}, "viewInfoUrl", ErrorCode.FORMAT),
    (
        VIEWED,
        {"viewer.context[0].objects[0].objectType": "Account"},
        "viewer.context[0].objects[0].objectType",
        ErrorCode.ENUM,
    ),
    *((VIEWED, {key: "x"}, key, ErrorCode.UNKNOWN) for key in ("actionName", "sharer", "sharingMessageBody")),
    (ACTION, {"eventInfoUrl": "example.com"}, "eventInfoUrl", ErrorCode.FORMAT),
    (ACTION, {"actor.email": "jane@"}, "actor.email", ErrorCode.FORMAT),
    (ACTION, {"agentPlatform": "ios"}, "agentPlatform", ErrorCode.ENUM),
    *(
        (ACTION, {key: "x"}, key, ErrorCode.UNKNOWN)
        for key in ("shareId", "sharer", "sharingMessageSubject", "trackingId")
    ),
]


@pytest.mark.parametrize(("operation", "changes", "path", "code"), INVALID_CHANGES)
def test_a_broken_rule_is_reported_once_at_its_path(operation, changes, path, code):
    problems = validate_body(operation, with_changes(MAXIMAL[operation], changes))

    assert [(problem.path, problem.code) for problem in problems] == [(path, code)]


@pytest.mark.parametrize("key", ["contentId", "contentUrl", "contentTitle"])
def test_only_a_custom_action_is_valid_without_content(key):
    assert validate_body(ACTION, with_changes(MAXIMAL[ACTION], {key: OMIT})) == []
    assert [
        problem.code for problem in validate_body(SHARED, with_changes(MAXIMAL[SHARED], {key: OMIT}))
    ] == [ErrorCode.REQUIRED]
    assert [
        problem.code for problem in validate_body(VIEWED, with_changes(MAXIMAL[VIEWED], {key: OMIT}))
    ] == [ErrorCode.REQUIRED]


@pytest.mark.parametrize(
    ("operation", "key", "remedy"),
    [
        (SHARED, "nonCompanyParticipants", "send recipients"),
        (VIEWED, "actionName", "send viewActionTitle"),
        (ACTION, "moreInfoUrl", "send eventInfoUrl"),
    ],
)
def test_the_message_for_an_undocumented_key_names_the_documented_one(operation, key, remedy):
    [problem] = validate_body(operation, {**MAXIMAL[operation], key: "x"})

    assert problem.message == f"is not accepted by Gong: {remedy}"
