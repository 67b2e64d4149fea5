"""Every type of event arrives in a sandbox that checks everything, in each dialect and through each API."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.harness.accounts import Account
from tests.harness.clients import Event, page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ROUTES = (
    Account("gong-interactions", "gong", "digital-interaction"),
    Account("gong-engagement", "gong", "engagement"),
    Account("catalog-interactions", "catalog", "digital-interaction"),
    Account("catalog-engagement", "catalog", "engagement"),
)

VISITOR = {"id": "visitor-7", "company": {"domain": "buyer.example"}}
SHARE = {
    "id": "share-1",
    "sharer": {"email": "sam@seller.example", "name": "Sam Seller"},
    "recipients": [{"email": "jane@buyer.example", "name": "Jane"}],
    "subject": "Our offer",
    "message": "As promised",
}


def content(**more: Any) -> dict[str, Any]:
    return {
        "id": "c-1",
        "title": "Pricing",
        "url": "https://seller.example/pricing",
        "labels": ["website"],
    } | more


def event(kind: str, **more: Any) -> Event:
    return page_view(kind, type=kind, content=content(), session_id="s-1", device="pc") | more


def share() -> Event:
    made = event("content_share", share=SHARE)
    return {name: value for name, value in made.items() if name not in {"person", "session_id", "device"}}


EVENTS = (
    event("page_view"),
    page_view("anonymous", content=content(), person=VISITOR),
    event("link_click", properties={"campaign": "spring", "clicks": 2}),
    share(),
    event("content_view", content=content(progress={"value": 9, "from": 0, "to": 12, "kind": "other"})),
    event("custom", action="webinar attended"),
    event("video_watch", content=content(progress={"value": 75, "kind": "percentage"})),
    event("document_sign", content=content(step={"value": "signed", "all": ["sent", "viewed", "signed"]})),
    event("form_submit", properties={"plan": "team"}),
    event("survey_answer", content=content(progress={"value": 9, "kind": "nps"})),
    event("course_step", content=content(step={"value": "Module 2", "all": ["Module 1", "Module 2"]})),
    event(
        "product_compare",
        content=content(search={"name": "Vendor B", "kind": "product", "domain": "vendor-b.example"}),
    ),
)
WITHOUT_EMAIL = ("catalog-interactions", "catalog-engagement")
"""The catalog dialect knows persons by their e-mail address only."""

ALL = [(account, event) for account in ROUTES for event in EVENTS]
CASES = [
    (account, event)
    for account, event in ALL
    if (account.name in WITHOUT_EMAIL) <= (event["id"] != "anonymous")
]


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    with launch(Plan(ROUTES, FAST, gong={"FIDELITY": "strict"})) as stack:
        yield stack


@pytest.fixture(scope="module")
def posted(stack: Stack) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The response to every event on every route."""
    return {
        (account.name, event["id"]): stack.relay.post(account, event).json() | {"account": account.name}
        for account, event in ALL
    }


@pytest.mark.parametrize(
    ("account", "event_sent"), CASES, ids=lambda value: getattr(value, "name", None) or value["id"]
)
def test_every_type_arrives(
    stack: Stack, posted: Mapping[tuple[str, str], Mapping[str, Any]], account: Account, event_sent: Event
) -> None:
    answer = posted[account.name, event_sent["id"]]
    assert "id" in answer, answer
    event = eventually(
        lambda: (page := stack.relay.event(answer["id"]))["status"] not in {"queued", "sending"} and page,
        within=30,
        what="its end",
    )
    assert event["status"] == "delivered", event


@pytest.mark.parametrize("route", WITHOUT_EMAIL)
def test_a_field_that_a_dialect_does_not_have_is_rejected_with_its_path(
    posted: Mapping[tuple[str, str], Mapping[str, Any]], route: str
) -> None:
    assert [error["path"] for error in posted[route, "anonymous"]["errors"]] == ["person.email"]
