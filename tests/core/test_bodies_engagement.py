"""Gong's engagement calls: each rule, broken alone."""

import pytest

from relay.core.call import Operation
from relay.core.gong.problems import Code
from relay.core.gong.validate import check
from tests.core.gong_bodies import ACTOR, MAXIMAL, OMIT, changed

SHARED, VIEWED, ACTION = Operation.CONTENT_SHARED, Operation.CONTENT_VIEWED, Operation.CUSTOM_ACTION
CRM_OBJECT = "crmContext[0].objects[0]"

SHARED_BY_ALL = [
    ({"reportingSystem": " "}, "reportingSystem", Code.LENGTH),
    ({"eventTimestamp": "2021-08-01T02:30:00"}, "eventTimestamp", Code.FORMAT),
    ({"eventId": "é"}, "eventId", Code.FORMAT),
    ({"contentUrl": "example.com/doc"}, "contentUrl", Code.FORMAT),
    ({"contentTitle": "x" * 256}, "contentTitle", Code.LENGTH),
    ({"crmContext": {"system": "Generic"}}, "crmContext", Code.TYPE),
    ({"crmContext[0].system": "Pipedrive"}, "crmContext[0].system", Code.ENUM),
    ({"crmContext[0].system": OMIT}, "crmContext[0].system", Code.REQUIRED),
    ({f"{CRM_OBJECT}.objectType": "Contact"}, f"{CRM_OBJECT}.objectType", Code.ENUM),
    ({f"{CRM_OBJECT}.objectType": "Opportunity,Account"}, f"{CRM_OBJECT}.objectType", Code.ENUM),
    ({f"{CRM_OBJECT}.objectId": OMIT}, f"{CRM_OBJECT}.objectId", Code.REQUIRED),
    ({"contentProperties[0].dataType": OMIT}, "contentProperties[0].dataType", Code.REQUIRED),
    (
        {"contentProperties[0].dataType": "number, string, url, date"},
        "contentProperties[0].dataType",
        Code.ENUM,
    ),
    ({"contentProperties[0].value": 9}, "contentProperties[0].value", Code.TYPE),
    ({"contentProperties[0].value": "nine"}, "contentProperties[0].value", Code.FORMAT),
    ({"eventProperties[2].value": "17.02.2021"}, "eventProperties[2].value", Code.FORMAT),
    ({"eventProperties[3].value": "example.com"}, "eventProperties[3].value", Code.FORMAT),
    (
        {"eventProperties": [{"name": "n", "value": "v", "dataType": "string"}] * 51},
        "eventProperties",
        Code.LENGTH,
    ),
    ({"workspaceId": 623457276584334}, "workspaceId", Code.TYPE),
    ({"nonCompanyParticipants": [ACTOR]}, "nonCompanyParticipants", Code.UNKNOWN),
    ({"moreInfoUrl": "https://example.com"}, "moreInfoUrl", Code.UNKNOWN),
]
BROKEN = [
    *((operation, *row) for operation in (SHARED, VIEWED, ACTION) for row in SHARED_BY_ALL),
    (SHARED, {"sharingMessageBody": "x" * 10_001}, "sharingMessageBody", Code.LENGTH),
    (SHARED, {"shareInfoUrl": "ftp://example.com"}, "shareInfoUrl", Code.FORMAT),
    (SHARED, {"sharer.email": "rep"}, "sharer.email", Code.FORMAT),
    (SHARED, {"sharer.title": "AE"}, "sharer.title", Code.UNKNOWN),
    (SHARED, {"recipients[0].email": OMIT}, "recipients[0].email", Code.REQUIRED),
    (SHARED, {"recipients": ["jane@acme.com"]}, "recipients[0]", Code.TYPE),
    (SHARED, {"recipients": [ACTOR] * 101}, "recipients", Code.LENGTH),
    *(
        (SHARED, {key: "x"}, key, Code.UNKNOWN)
        for key in ("mobileAppId", "agentPlatform", "userAgent", "trackingId")
    ),
    (VIEWED, {"viewer": OMIT}, "viewer", Code.REQUIRED),
    (VIEWED, {"trackingId": "t-1"}, "trackingId", Code.RULE),
    (VIEWED, {"agentPlatform": "Windows, Linux, MacOS, iOS, Android"}, "agentPlatform", Code.ENUM),
    (VIEWED, {"viewInfoUrl": "example.com"}, "viewInfoUrl", Code.FORMAT),
    (
        VIEWED,
        {"viewer.context[0].objects[0].objectType": "Account"},
        "viewer.context[0].objects[0].objectType",
        Code.ENUM,
    ),
    *((VIEWED, {key: "x"}, key, Code.UNKNOWN) for key in ("actionName", "sharer", "sharingMessageBody")),
    (ACTION, {"eventInfoUrl": "example.com"}, "eventInfoUrl", Code.FORMAT),
    (ACTION, {"actor.email": "jane@"}, "actor.email", Code.FORMAT),
    (ACTION, {"agentPlatform": "ios"}, "agentPlatform", Code.ENUM),
    *(
        (ACTION, {key: "x"}, key, Code.UNKNOWN)
        for key in ("shareId", "sharer", "sharingMessageSubject", "trackingId")
    ),
]


@pytest.mark.parametrize(("operation", "changes", "path", "code"), BROKEN)
def test_a_broken_rule_is_told_once_at_its_own_path(operation, changes, path, code):
    problems = check(operation, changed(MAXIMAL[operation], changes))

    assert [(problem.path, problem.code) for problem in problems] == [(path, code)]


@pytest.mark.parametrize("key", ["contentId", "contentUrl", "contentTitle"])
def test_only_an_action_may_be_without_its_content(key):
    assert check(ACTION, changed(MAXIMAL[ACTION], {key: OMIT})) == []
    assert [problem.code for problem in check(SHARED, changed(MAXIMAL[SHARED], {key: OMIT}))] == [
        Code.REQUIRED
    ]
    assert [problem.code for problem in check(VIEWED, changed(MAXIMAL[VIEWED], {key: OMIT}))] == [
        Code.REQUIRED
    ]


@pytest.mark.parametrize(
    ("operation", "key", "remedy"),
    [
        (SHARED, "nonCompanyParticipants", "send recipients"),
        (VIEWED, "actionName", "send viewActionTitle"),
        (ACTION, "moreInfoUrl", "send eventInfoUrl"),
    ],
)
def test_a_getter_that_leaked_into_gongs_schema_is_named_by_its_real_key(operation, key, remedy):
    [problem] = check(operation, {**MAXIMAL[operation], key: "x"})

    assert problem.message == f"Gong does not take it: {remedy}"
