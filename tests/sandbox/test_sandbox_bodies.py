"""The checks of a body at each fidelity."""

from typing import Any

import pytest

from relay.sandbox.settings import Fidelity
from tests.sandbox import bodies, client
from tests.sandbox.bodies import CATALOG_ACTION, CATALOG_INTERACTION, CATALOG_SHARE, CATALOG_VIEW
from tests.sandbox.client import Gong

BAD = ["Bad request"]


def with_content(**fields: Any) -> dict[str, Any]:
    return bodies.interaction(content={"contentTitle": "Pricing", **fields})


def with_person(**person: Any) -> dict[str, Any]:
    return bodies.interaction(person=person)


def omit_keys(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def with_number(value: Any, low: Any, high: Any, kind: str = "OTHER") -> dict[str, Any]:
    return with_content(
        numericContentDetails={"value": value, "rangeFrom": low, "rangeTo": high, "numericType": kind}
    )


def with_custom_field(value: str, kind: str) -> dict[str, Any]:
    return bodies.interaction(customFields=[{"name": "x", "value": value, "dataType": kind}])


def with_steps(value: str, *available: str) -> dict[str, Any]:
    return with_content(stepContentDetails={"value": value, "availableSteps": [*available]})


FULL_BODIES = {
    "digital-interaction": bodies.interaction(
        sourceSystemName="Hub",
        sessionId="s",
        device="PC",
        customFields=[{"name": "seconds", "value": "180", "dataType": "DURATION"}],
        content={
            "contentId": "1",
            "contentTitle": "Tour",
            "contentLabel": ["video"],
            "contentUrl": "https://hub.example/1",
            "contentAdditionalInfoUrl": "https://hub.example/1/stats",
            "numericContentDetails": {
                "value": 75,
                "rangeFrom": 0,
                "rangeTo": 100,
                "numericType": "PERCENTAGE",
            },
            "stepContentDetails": {"value": "b", "availableSteps": ["a", "b"]},
            "searchObjectDetails": {
                "name": "B",
                "objectType": "PRODUCT",
                "domain": "b.example",
                "url": "https://b.example",
            },
            "contentCustomFields": [{"name": "done", "value": "true", "dataType": "BOOLEAN"}],
        },
        person={
            "name": "Jane",
            "email": "jane@acme.com",
            "phoneNumber": "+1 555",
            "personId": "7",
            "personBusinessContext": {"objectType": "CONTACT", "objectId": "003", "systemName": "Salesforce"},
            "location": {"country": "US", "state": "US-NY", "region": "x", "city": "y"},
            "company": {
                "domain": "acme.com",
                "companyBusinessContexts": [{"objectType": "OPPORTUNITY", "objectId": "006"}],
            },
            "personCustomFields": [{"name": "since", "value": "2026-01-31", "dataType": "DATE"}],
        },
    ),
    "customer-engagement/content/shared": bodies.content_shared(
        shareId="1",
        shareInfoUrl="https://hub.example/s/1",
        sharer={"id": "9", "email": "sam@seller.example", "name": "Sam"},
        crmContext=[{"system": "Salesforce", "objects": [{"objectType": "Opportunity", "objectId": "006"}]}],
        eventProperties=[{"name": "n", "value": "3.14", "dataType": "number"}],
        workspaceId="1",
        actionName="Presentation Shared",
    ),
    "customer-engagement/content/viewed": bodies.content_viewed(
        viewActionTitle="Document Viewed",
        agentPlatform="MacOS",
        viewer={
            "email": "jane@acme.com",
            "context": [{"system": "HubSpot", "objects": [{"objectType": "Contact", "objectId": "003"}]}],
        },
    ),
    "customer-engagement/action": bodies.custom_action(
        eventInfoUrl="https://hub.example/1", userAgent="Mozilla"
    ),
    "digital-interactions": CATALOG_INTERACTION,
    "customer-engagement/share": CATALOG_SHARE,
    "customer-engagement/view": CATALOG_VIEW | {"pagesViewed": 3, "totalPages": 9, "percentageViewed": 33.3},
}


def method_of(path: str) -> str:
    return "PUT" if path.startswith("customer") else "POST"


@pytest.mark.parametrize("path", FULL_BODIES)
def test_a_body_with_every_field_passes_strict_fidelity(strict: Gong, path: str):
    response = strict.call(path, FULL_BODIES[path], method=method_of(path))

    assert response.ok, response.text


@pytest.mark.parametrize("fidelity", Fidelity)
def test_every_fidelity_reports_all_missing_fields_at_once(fidelity: Fidelity):
    with client.run_gong(fidelity=fidelity) as gong:
        response = gong.send({"person": {"email": "jane@acme.com"}, "content": {}})

    assert response.status_code == 400
    assert response.json()["errors"] == [
        "eventId: must not be null",
        "timestamp: must not be null",
        "eventType: must not be null",
        "content.contentTitle: must not be null",
    ]


MALFORMED = [
    (with_number(7.5, 0, 10), "content.numericContentDetails.value"),
    (with_number(2**31, 0, 10), "content.numericContentDetails.value"),
    (with_number(value=True, low=0, high=10), "content.numericContentDetails.value"),
    (bodies.interaction(device="TABLET"), "device"),
    (bodies.interaction(timestamp="2026-02-30T10:00:00Z"), "timestamp"),
    (bodies.interaction(timestamp="2026-01-31T24:00:00Z"), "timestamp"),
    (bodies.interaction(timestamp="2026-01-31"), "timestamp"),
    (bodies.interaction(customFields=[{"name": "x", "value": 3}]), "customFields[0].value"),
    (bodies.interaction(customFields=[None]), "customFields[0]"),
    (bodies.interaction(customFields={}), "customFields"),
    (with_content(searchObjectDetails=[]), "content.searchObjectDetails"),
]


@pytest.mark.parametrize(("body", "path"), MALFORMED)
def test_only_strict_fidelity_names_the_path_of_a_malformed_value(body: Any, path: str):
    responses = {}
    for fidelity in Fidelity:
        with client.run_gong(fidelity=fidelity) as gong:
            responses[fidelity] = gong.send(body).json()["errors"]

    assert responses == {"schema": BAD, "documented": BAD, "strict": [f"{path}: invalid value"]}


DOCUMENTED = [
    (bodies.interaction(trackingId="t"), "person: must be null when trackingId is sent"),
    (omit_keys(bodies.interaction(), "person"), "person: must not be null when trackingId is not sent"),
    (with_person(personId="1", email=" "), "person.company.domain: must not be null for an anonymous person"),
    (
        with_person(company={"domain": "acme.com"}),
        "person.personId: must not be null for an anonymous person",
    ),
    (
        with_person(email="jane@acme.com", company={"name": "Acme"}),
        "person.company: must include a domain, an account or an opportunity",
    ),
]


@pytest.mark.parametrize(("body", "message"), DOCUMENTED)
def test_documented_fidelity_applies_the_rules_in_gongs_documentation(gong: Gong, body: Any, message: str):
    assert gong.send(body).json()["errors"] == [message]


@pytest.mark.parametrize("body", [body for body, _ in DOCUMENTED])
def test_schema_fidelity_does_not_apply_the_rules_in_gongs_documentation(body: Any):
    with client.run_gong(fidelity="schema") as gong:
        assert gong.send(body).ok


def test_every_recipient_needs_an_email_address(gong: Gong):
    response = gong.put(
        "content/shared", bodies.content_shared(recipients=[{"email": "a@b.example"}, {"name": "Jane"}])
    )

    assert response.json()["errors"] == ["recipients[1].email: must not be null"]


def test_a_view_with_a_viewer_and_a_tracking_id_is_rejected(gong: Gong):
    response = gong.put("content/viewed", bodies.content_viewed(trackingId="t"))

    assert response.json()["errors"] == ["viewer: must be null when trackingId is sent"]


STRICT = [
    (bodies.interaction(eventId=" "), "eventId: must not be blank"),
    (bodies.interaction(timestamp="2026-01-31T10:00Z"), "timestamp: invalid value"),
    (bodies.interaction(timestamp="2026-01-31T10:00:00-08"), "timestamp: invalid value"),
    (bodies.interaction(surprise=1), "surprise: unknown field"),
    (with_content(surprise=1), "content.surprise: unknown field"),
    (with_number(11, 0, 10), "content.numericContentDetails.value: must lie between rangeFrom and rangeTo"),
    (with_number(5, 10, 0), "content.numericContentDetails.rangeFrom: must be less than rangeTo"),
    (with_number(5, -100, 100, "NPS"), "content.numericContentDetails: must lie within 0 to 10"),
    (with_steps("c", "a", "b"), "content.stepContentDetails.value: must be one of availableSteps"),
    (with_steps("a", "a", "a"), "content.stepContentDetails.availableSteps: must be unique"),
    (with_custom_field("1,000", "NUMBER"), "customFields[0].value: must read as NUMBER"),
    (with_custom_field("NaN", "NUMBER"), "customFields[0].value: must read as NUMBER"),
    (with_custom_field("31.01.2026", "DATE"), "customFields[0].value: must read as DATE"),
    (with_custom_field("/pricing", "URL"), "customFields[0].value: must read as URL"),
    (with_custom_field("yes", "BOOLEAN"), "customFields[0].value: must read as BOOLEAN"),
    (with_custom_field("PT5M", "DURATION"), "customFields[0].value: must read as DURATION"),
    (with_person(email="jane at acme"), "person.email: invalid value"),
    (
        with_person(personId="1", company={"domain": "https://acme.com/"}),
        "person.company.domain: invalid value",
    ),
    (with_person(personId="1", company={"domain": "www.acme.com"}), "person.company.domain: invalid value"),
    (with_content(contentUrl="pricing.html"), "content.contentUrl: invalid value"),
]


@pytest.mark.parametrize(("body", "message"), STRICT)
def test_strict_fidelity_applies_the_strict_rules(strict: Gong, body: Any, message: str):
    assert message in strict.send(body).json()["errors"]


@pytest.mark.parametrize("body", [body for body, _ in STRICT])
def test_the_default_fidelity_does_not_apply_the_strict_rules(gong: Gong, body: Any):
    assert gong.send(body).ok


def test_only_strict_fidelity_rejects_undocumented_keys_of_gongs_schema(gong: Gong, strict: Gong):
    body = bodies.custom_action(shareId="1")

    assert gong.put("action", body).ok
    assert strict.put("action", body).json()["errors"] == ["shareId: unknown field"]


def test_the_2024_api_requires_a_person_and_has_no_tracking_id():
    with client.run_gong(spec_version="2024") as gong:
        response = gong.send(omit_keys(bodies.interaction(trackingId="t"), "person"))

    assert response.json()["errors"] == ["person: must not be null"]


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'"x"', b'{"eventId": NaN}', b'{"a": "\\ud800"}', b"\xff", b"[" * 90_000]
)
def test_a_body_that_is_not_a_json_object_is_a_bad_request(gong: Gong, raw: bytes):
    response = gong.send(None, data=raw, headers={"Content-Type": "application/json"})

    assert (response.status_code, response.json()["errors"]) == (400, BAD)


def test_a_body_of_two_mebibytes_is_too_large(gong: Gong):
    assert gong.send(bodies.interaction(sessionId="x" * 2**21)).status_code == 413


def test_the_action_path_accepts_both_dialects_and_distinguishes_them_by_their_keys(gong: Gong):
    gong.put("action", bodies.custom_action())
    gong.put("action", CATALOG_ACTION)

    assert [event["route"] for event in gong.inspect("events")["events"]] == [
        "catalog-action",
        "custom-action",
    ]
