"""Validation of Gong's digital interaction, with one rule broken at a time."""

import pytest

from relay.core.call import Operation
from relay.core.gong.problems import ErrorCode
from relay.core.gong.validate import validate_body
from tests.core.gong_bodies import MAXIMAL, MINIMAL, OMIT, with_changes

FULL = MAXIMAL[Operation.DIGITAL_INTERACTION]
ANONYMOUS = with_changes(
    MINIMAL[Operation.DIGITAL_INTERACTION],
    {"trackingId": OMIT, "person": {"personId": "visitor-1", "company": {"domain": "acme.com"}}},
)

NUMERIC = "content.numericContentDetails"
STEPS = "content.stepContentDetails"
SEARCH = "content.searchObjectDetails"
CONTEXTS = "person.company.companyBusinessContexts"

INVALID_CHANGES = [
    ({"eventId": ""}, "eventId", ErrorCode.LENGTH),
    ({"eventId": " padded "}, "eventId", ErrorCode.FORMAT),
    ({"eventId": "naïve"}, "eventId", ErrorCode.FORMAT),
    ({"eventId": "x" * 256}, "eventId", ErrorCode.LENGTH),
    ({"timestamp": "2026-06-12"}, "timestamp", ErrorCode.FORMAT),
    ({"eventType": "  "}, "eventType", ErrorCode.LENGTH),
    ({"eventType": "x" * 256}, "eventType", ErrorCode.LENGTH),
    ({"sourceSystemName": "x" * 1001}, "sourceSystemName", ErrorCode.LENGTH),
    ({"sessionId": "a\0b"}, "sessionId", ErrorCode.FORMAT),
    ({"sessionId": "\udc00"}, "sessionId", ErrorCode.FORMAT),
    ({"device": "mobile"}, "device", ErrorCode.ENUM),
    ({"device": 1}, "device", ErrorCode.TYPE),
    ({"content": []}, "content", ErrorCode.TYPE),
    ({"content.contentTitle": "x" * 256}, "content.contentTitle", ErrorCode.LENGTH),
    ({"content.contentTitle": OMIT}, "content.contentTitle", ErrorCode.REQUIRED),
    ({"content.contentLabel": "website"}, "content.contentLabel", ErrorCode.TYPE),
    ({"content.contentLabel": {"a": 1}}, "content.contentLabel", ErrorCode.TYPE),
    ({"content.contentLabel": ["x"] * 21}, "content.contentLabel", ErrorCode.LENGTH),
    ({"content.contentLabel": ["x", 2]}, "content.contentLabel[1]", ErrorCode.TYPE),
    ({"content.contentLabel": [" "]}, "content.contentLabel[0]", ErrorCode.LENGTH),
    ({"content.contentUrl": "/pricing"}, "content.contentUrl", ErrorCode.FORMAT),
    ({"content.contentUrl": "https://a.co/" + "x" * 2048}, "content.contentUrl", ErrorCode.LENGTH),
    ({"content.contentAdditionalInfoUrl": ""}, "content.contentAdditionalInfoUrl", ErrorCode.FORMAT),
    ({f"{NUMERIC}.value": 7.5}, f"{NUMERIC}.value", ErrorCode.TYPE),
    ({f"{NUMERIC}.value": 75.0}, f"{NUMERIC}.value", ErrorCode.TYPE),
    ({f"{NUMERIC}.value": "75"}, f"{NUMERIC}.value", ErrorCode.TYPE),
    ({f"{NUMERIC}.value": True}, f"{NUMERIC}.value", ErrorCode.TYPE),
    ({f"{NUMERIC}.value": 2**31}, f"{NUMERIC}.value", ErrorCode.RANGE),
    ({f"{NUMERIC}.value": 101}, f"{NUMERIC}.value", ErrorCode.RANGE),
    ({f"{NUMERIC}.value": -1}, f"{NUMERIC}.value", ErrorCode.RANGE),
    ({f"{NUMERIC}.rangeFrom": OMIT}, f"{NUMERIC}.rangeFrom", ErrorCode.REQUIRED),
    ({f"{NUMERIC}.rangeTo": OMIT}, f"{NUMERIC}.rangeTo", ErrorCode.REQUIRED),
    ({f"{NUMERIC}.rangeFrom": 100}, f"{NUMERIC}.rangeTo", ErrorCode.RANGE),
    ({f"{NUMERIC}.rangeFrom": -1}, f"{NUMERIC}.rangeFrom", ErrorCode.RANGE),
    ({f"{NUMERIC}.rangeTo": 101}, f"{NUMERIC}.rangeTo", ErrorCode.RANGE),
    ({NUMERIC: {"rangeFrom": 0, "rangeTo": 11, "numericType": "NPS"}}, f"{NUMERIC}.rangeTo", ErrorCode.RANGE),
    (
        {NUMERIC: {"rangeFrom": -100, "rangeTo": 10, "numericType": "NPS"}},
        f"{NUMERIC}.rangeFrom",
        ErrorCode.RANGE,
    ),
    ({f"{NUMERIC}.numericType": "percentage"}, f"{NUMERIC}.numericType", ErrorCode.ENUM),
    ({f"{STEPS}.value": OMIT}, f"{STEPS}.value", ErrorCode.REQUIRED),
    ({f"{STEPS}.value": "Signed"}, f"{STEPS}.value", ErrorCode.RULE),
    ({f"{STEPS}.availableSteps": OMIT}, f"{STEPS}.availableSteps", ErrorCode.REQUIRED),
    ({f"{STEPS}.availableSteps": []}, f"{STEPS}.availableSteps", ErrorCode.LENGTH),
    ({f"{STEPS}.availableSteps": ["signed", "signed"]}, f"{STEPS}.availableSteps", ErrorCode.RULE),
    ({f"{STEPS}.availableSteps": ["signed", 2]}, f"{STEPS}.availableSteps[1]", ErrorCode.TYPE),
    ({f"{SEARCH}.name": OMIT}, f"{SEARCH}.name", ErrorCode.REQUIRED),
    ({f"{SEARCH}.objectType": "Vendor"}, f"{SEARCH}.objectType", ErrorCode.ENUM),
    ({f"{SEARCH}.objectType": OMIT}, f"{SEARCH}.objectType", ErrorCode.REQUIRED),
    ({f"{SEARCH}.domain": OMIT}, f"{SEARCH}.domain", ErrorCode.REQUIRED),
    ({f"{SEARCH}.domain": "https://vendor-b.example"}, f"{SEARCH}.domain", ErrorCode.FORMAT),
    ({f"{SEARCH}.url": "vendor-b"}, f"{SEARCH}.url", ErrorCode.FORMAT),
    ({"trackingId": "t-1"}, "trackingId", ErrorCode.RULE),
    ({"person": OMIT}, "person", ErrorCode.REQUIRED),
    ({"person": OMIT, "trackingId": " "}, "trackingId", ErrorCode.LENGTH),
    ({"person.email": "jane"}, "person.email", ErrorCode.FORMAT),
    ({"person.email": " jane@acme.com"}, "person.email", ErrorCode.FORMAT),
    (
        {"person.personBusinessContext.objectType": "Contact"},
        "person.personBusinessContext.objectType",
        ErrorCode.ENUM,
    ),
    (
        {"person.personBusinessContext.objectId": OMIT},
        "person.personBusinessContext.objectId",
        ErrorCode.REQUIRED,
    ),
    ({"person.company.domain": "www.acme.com"}, "person.company.domain", ErrorCode.FORMAT),
    ({"person.company": {}}, "person.company", ErrorCode.RULE),
    (
        {
            "person.company": {"name": "Acme", "domain": "acme.com", "companyBusinessContexts": [{}]},
            "person.name": 1,
        },
        "person.name",
        ErrorCode.TYPE,
    ),
    ({"person.company": {"name": "Acme", "companyBusinessContexts": []}}, "person.company", ErrorCode.RULE),
    ({f"{CONTEXTS}[0].objectType": "DEAL"}, f"{CONTEXTS}[0].objectType", ErrorCode.ENUM),
    ({f"{CONTEXTS}[0].objectId": OMIT}, f"{CONTEXTS}[0].objectId", ErrorCode.REQUIRED),
    ({"customFields": [{"name": "n", "value": "v"}] * 51}, "customFields", ErrorCode.LENGTH),
    ({"customFields[0].name": ""}, "customFields[0].name", ErrorCode.LENGTH),
    ({"customFields[0].value": 5}, "customFields[0].value", ErrorCode.TYPE),
    ({"customFields[0].dataType": "string"}, "customFields[0].dataType", ErrorCode.ENUM),
    ({"customFields[2].value": "1,000"}, "customFields[2].value", ErrorCode.FORMAT),
    ({"customFields[3].value": "yesterday"}, "customFields[3].value", ErrorCode.FORMAT),
    (
        {"content.contentCustomFields[4].value": "acme"},
        "content.contentCustomFields[4].value",
        ErrorCode.FORMAT,
    ),
    ({"person.personCustomFields[5].value": "True"}, "person.personCustomFields[5].value", ErrorCode.FORMAT),
    ({"customFields[6].value": "PT5M"}, "customFields[6].value", ErrorCode.FORMAT),
]


def find_problems(body):
    return [(problem.path, problem.code) for problem in validate_body(Operation.DIGITAL_INTERACTION, body)]


@pytest.mark.parametrize(("changes", "path", "code"), INVALID_CHANGES)
def test_a_broken_rule_is_reported_at_its_path(changes, path, code):
    assert (path, code) in find_problems(with_changes(FULL, changes))


@pytest.mark.parametrize(("changes", "path", "code"), [row for row in INVALID_CHANGES if len(row[0]) == 1])
def test_a_broken_rule_is_reported_once(changes, path, code):
    assert find_problems(with_changes(FULL, changes)) == [(path, code)]


def test_an_anonymous_person_needs_an_id_and_a_company_domain():
    assert find_problems(ANONYMOUS) == []
    assert find_problems(with_changes(ANONYMOUS, {"person.personId": OMIT})) == [
        ("person.personId", ErrorCode.REQUIRED)
    ]
    assert find_problems(with_changes(ANONYMOUS, {"person.company": OMIT})) == [
        ("person.company.domain", ErrorCode.REQUIRED)
    ]


def test_a_crm_id_of_the_company_does_not_replace_an_anonymous_persons_domain():
    company = {"companyBusinessContexts": [{"objectType": "ACCOUNT", "objectId": "001"}]}

    assert find_problems(with_changes(ANONYMOUS, {"person.company": company})) == [
        ("person.company.domain", ErrorCode.REQUIRED)
    ]


def test_a_person_with_blank_names_is_anonymous():
    blank = with_changes(ANONYMOUS, {"person": {"name": " ", "phoneNumber": ""}})

    assert find_problems(blank) == [
        ("person.company.domain", ErrorCode.REQUIRED),
        ("person.personId", ErrorCode.REQUIRED),
    ]


@pytest.mark.parametrize(
    "person", [{"name": "Jane"}, {"email": "jane@acme.com"}, {"phoneNumber": "+1 555 0100"}]
)
def test_a_person_who_is_not_anonymous_needs_no_company(person):
    assert find_problems(with_changes(ANONYMOUS, {"person": person})) == []


def test_a_company_is_valid_with_only_a_crm_record():
    assert find_problems(with_changes(FULL, {"person.company.domain": OMIT})) == []


@pytest.mark.parametrize("kind", ["RATING", "OTHER"])
def test_ratings_and_other_numbers_may_have_any_range(kind):
    details = {"value": -100, "rangeFrom": -100, "rangeTo": 1_000, "numericType": kind}

    assert find_problems(with_changes(FULL, {NUMERIC: details})) == []


def test_numeric_details_are_valid_without_a_value():
    assert find_problems(with_changes(FULL, {f"{NUMERIC}.value": OMIT})) == []
