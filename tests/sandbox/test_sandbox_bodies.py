"""What each fidelity demands of a body, as refusals over real HTTP."""

from typing import Any

import pytest

from relay.sandbox.settings import Fidelity
from tests.sandbox import world
from tests.sandbox.world import CATALOG_ACTION, CATALOG_INTERACTION, CATALOG_SHARE, CATALOG_VIEW, Gong

BAD = ["Bad request"]


def with_content(**fields: Any) -> dict[str, Any]:
    return world.interaction(content={"contentTitle": "Pricing", **fields})


def with_person(**person: Any) -> dict[str, Any]:
    return world.interaction(person=person)


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def number(value: Any, low: Any, high: Any, kind: str = "OTHER") -> dict[str, Any]:
    return with_content(
        numericContentDetails={"value": value, "rangeFrom": low, "rangeTo": high, "numericType": kind}
    )


def custom(value: str, kind: str) -> dict[str, Any]:
    return world.interaction(customFields=[{"name": "x", "value": value, "dataType": kind}])


def steps(value: str, *known: str) -> dict[str, Any]:
    return with_content(stepContentDetails={"value": value, "availableSteps": [*known]})


MAXIMAL = {
    "digital-interaction": world.interaction(
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
    "customer-engagement/content/shared": world.shared(
        shareId="1",
        shareInfoUrl="https://hub.example/s/1",
        sharer={"id": "9", "email": "sam@seller.example", "name": "Sam"},
        crmContext=[{"system": "Salesforce", "objects": [{"objectType": "Opportunity", "objectId": "006"}]}],
        eventProperties=[{"name": "n", "value": "3.14", "dataType": "number"}],
        workspaceId="1",
        actionName="Presentation Shared",
    ),
    "customer-engagement/content/viewed": world.viewed(
        viewActionTitle="Document Viewed",
        agentPlatform="MacOS",
        viewer={
            "email": "jane@acme.com",
            "context": [{"system": "HubSpot", "objects": [{"objectType": "Contact", "objectId": "003"}]}],
        },
    ),
    "customer-engagement/action": world.action(eventInfoUrl="https://hub.example/1", userAgent="Mozilla"),
    "digital-interactions": CATALOG_INTERACTION,
    "customer-engagement/share": CATALOG_SHARE,
    "customer-engagement/view": CATALOG_VIEW | {"pagesViewed": 3, "totalPages": 9, "percentageViewed": 33.3},
}


def method_of(path: str) -> str:
    return "PUT" if path.startswith("customer") else "POST"


@pytest.mark.parametrize("path", MAXIMAL)
def test_a_body_with_every_kind_of_field_passes_even_strictly(strict: Gong, path: str):
    answer = strict.call(path, MAXIMAL[path], method=method_of(path))

    assert answer.ok, answer.text


@pytest.mark.parametrize("fidelity", Fidelity)
def test_every_missing_field_is_named_at_once_whatever_the_fidelity(fidelity: Fidelity):
    with world.gong(fidelity=fidelity) as gong:
        answer = gong.send({"person": {"email": "jane@acme.com"}, "content": {}})

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        "eventId: must not be null",
        "timestamp: must not be null",
        "eventType: must not be null",
        "content.contentTitle: must not be null",
    ]


UNREADABLE = [
    (number(7.5, 0, 10), "content.numericContentDetails.value"),
    (number(2**31, 0, 10), "content.numericContentDetails.value"),
    (number(value=True, low=0, high=10), "content.numericContentDetails.value"),
    (world.interaction(device="TABLET"), "device"),
    (world.interaction(timestamp="2026-02-30T10:00:00Z"), "timestamp"),
    (world.interaction(timestamp="2026-01-31T24:00:00Z"), "timestamp"),
    (world.interaction(timestamp="2026-01-31"), "timestamp"),
    (world.interaction(customFields=[{"name": "x", "value": 3}]), "customFields[0].value"),
    (world.interaction(customFields=[None]), "customFields[0]"),
    (world.interaction(customFields={}), "customFields"),
    (with_content(searchObjectDetails=[]), "content.searchObjectDetails"),
]


@pytest.mark.parametrize(("body", "path"), UNREADABLE)
def test_a_value_that_cannot_be_read_is_a_bad_request_whose_path_only_strict_fidelity_names(
    body: Any, path: str
):
    answers = {}
    for fidelity in Fidelity:
        with world.gong(fidelity=fidelity) as gong:
            answers[fidelity] = gong.send(body).json()["errors"]

    assert answers == {"schema": BAD, "documented": BAD, "strict": [f"{path}: invalid value"]}


DOCUMENTED = [
    (world.interaction(trackingId="t"), "person: must be null when trackingId is sent"),
    (without(world.interaction(), "person"), "person: must not be null when trackingId is not sent"),
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
def test_what_gong_says_in_prose_holds_in_documented_fidelity(gong: Gong, body: Any, message: str):
    assert gong.send(body).json()["errors"] == [message]


@pytest.mark.parametrize("body", [body for body, _ in DOCUMENTED])
def test_what_gong_says_in_prose_does_not_bind_schema_fidelity(body: Any):
    with world.gong(fidelity="schema") as gong:
        assert gong.send(body).ok


def test_recipients_need_an_email(gong: Gong):
    answer = gong.put("content/shared", world.shared(recipients=[{"email": "a@b.example"}, {"name": "Jane"}]))

    assert answer.json()["errors"] == ["recipients[1].email: must not be null"]


def test_a_view_has_a_viewer_or_a_tracking_id_but_not_both(gong: Gong):
    answer = gong.put("content/viewed", world.viewed(trackingId="t"))

    assert answer.json()["errors"] == ["viewer: must be null when trackingId is sent"]


STRICT = [
    (world.interaction(eventId=" "), "eventId: must not be blank"),
    (world.interaction(timestamp="2026-01-31T10:00Z"), "timestamp: invalid value"),
    (world.interaction(timestamp="2026-01-31T10:00:00-08"), "timestamp: invalid value"),
    (world.interaction(surprise=1), "surprise: unknown field"),
    (with_content(surprise=1), "content.surprise: unknown field"),
    (number(11, 0, 10), "content.numericContentDetails.value: must lie between rangeFrom and rangeTo"),
    (number(5, 10, 0), "content.numericContentDetails.rangeFrom: must be less than rangeTo"),
    (number(5, -100, 100, "NPS"), "content.numericContentDetails: must lie within 0 to 10"),
    (steps("c", "a", "b"), "content.stepContentDetails.value: must be one of availableSteps"),
    (steps("a", "a", "a"), "content.stepContentDetails.availableSteps: must be unique"),
    (custom("1,000", "NUMBER"), "customFields[0].value: must read as NUMBER"),
    (custom("NaN", "NUMBER"), "customFields[0].value: must read as NUMBER"),
    (custom("31.01.2026", "DATE"), "customFields[0].value: must read as DATE"),
    (custom("/pricing", "URL"), "customFields[0].value: must read as URL"),
    (custom("yes", "BOOLEAN"), "customFields[0].value: must read as BOOLEAN"),
    (custom("PT5M", "DURATION"), "customFields[0].value: must read as DURATION"),
    (with_person(email="jane at acme"), "person.email: invalid value"),
    (
        with_person(personId="1", company={"domain": "https://acme.com/"}),
        "person.company.domain: invalid value",
    ),
    (with_person(personId="1", company={"domain": "www.acme.com"}), "person.company.domain: invalid value"),
    (with_content(contentUrl="pricing.html"), "content.contentUrl: invalid value"),
]


@pytest.mark.parametrize(("body", "message"), STRICT)
def test_strict_fidelity_adds_every_guard(strict: Gong, body: Any, message: str):
    assert message in strict.send(body).json()["errors"]


@pytest.mark.parametrize("body", [body for body, _ in STRICT])
def test_no_guard_of_strict_fidelity_binds_the_default_one(gong: Gong, body: Any):
    assert gong.send(body).ok


def test_keys_that_leaked_into_gongs_schema_are_unknown_to_strict_fidelity_alone(gong: Gong, strict: Gong):
    body = world.action(shareId="1")

    assert gong.put("action", body).ok
    assert strict.put("action", body).json()["errors"] == ["shareId: unknown field"]


def test_in_2024_a_person_was_required_and_a_tracking_id_unknown():
    with world.gong(spec_version="2024") as gong:
        answer = gong.send(without(world.interaction(trackingId="t"), "person"))

    assert answer.json()["errors"] == ["person: must not be null"]


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'"x"', b'{"eventId": NaN}', b'{"a": "\\ud800"}', b"\xff", b"[" * 90_000]
)
def test_what_is_no_json_object_is_a_bad_request(gong: Gong, raw: bytes):
    answer = gong.send(None, data=raw, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["errors"]) == (400, BAD)


def test_a_body_of_two_mebibytes_is_too_large(gong: Gong):
    assert gong.send(world.interaction(sessionId="x" * 2**21)).status_code == 413


def test_the_action_path_takes_both_dialects_and_tells_them_apart_by_their_keys(gong: Gong):
    gong.put("action", world.action())
    gong.put("action", CATALOG_ACTION)

    assert [event["route"] for event in gong.look("events")["events"]] == ["catalog-action", "custom-action"]
