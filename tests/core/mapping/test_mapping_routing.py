"""Routing: one source, many destinations, and a value in each item that names its destination."""

from datetime import UTC, datetime
from typing import Any

import pytest

from relay.core.call import Dialect
from relay.core.destination import Destination, OAuthCredentials
from relay.core.mapping.compile import compile_mapping
from relay.core.mapping.engine import map_payload
from relay.core.mapping.problems import EventProblemCode
from relay.core.mapping.result import MappingResult, ResultStatus
from relay.core.mapping.routing import UNROUTED, Routing, build_router
from relay.core.mapping.templates import Template, parse_template
from relay.core.payloads import Payload
from relay.core.source import Source

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
SOURCE = Source(name="hub", destination="{{ … }}")
RULES = [
    {
        "name": "viewed",
        "when": "item.event == 'view'",
        "to": "digital-interaction",
        "map": {
            "eventId": "{{ item.id }}",
            "timestamp": "2026-11-20T10:00:00Z",
            "eventType": "page viewed",
            "content": {"contentTitle": "Pricing"},
            "person": {"email": "{{ item.email }}"},
        },
    }
]


def destination(name: str, **fields: Any) -> Destination:
    return Destination(name=name, company=name, credentials=OAuthCredentials(), **fields)


class Lookup:
    """Finds destinations by name and by account."""

    def __init__(self, *destinations: Destination) -> None:
        self._by_name = {destination.name: destination for destination in destinations}

    def find(self, name: str) -> Destination | None:
        return self._by_name.get(name)

    def find_by_account(self, account: str) -> Destination | None:
        return next((item for item in self._by_name.values() if item.account == account), None)


LOOKUP = Lookup(
    destination("acme", source_system_name="Acme Hub", internal_domains=frozenset({"acme.example"})),
    destination("globex", account="17"),
    destination("17"),
    destination("old", dialect=Dialect.CATALOG),
)


def view(account: Any, native: str = "1", email: str = "jane@initech.example") -> dict[str, Any]:
    return {"event": "view", "id": native, "account": account, "email": email}


def results_of(
    body: Any,
    *,
    template: str = "{{ item.account }}",
    accounts: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    rules: Any = RULES,
) -> tuple[MappingResult, ...]:
    parsed = parse_template(template, path="destination")
    assert isinstance(parsed, Template)
    router = build_router(Routing(template, parsed, accounts or {}), LOOKUP, dialect=Dialect.GONG)
    payload = Payload(body, headers or {}, {})
    return map_payload(compile_mapping(rules), payload, source=SOURCE, destination=router, received_at=NOW)


@pytest.mark.parametrize(
    ("value", "name"),
    [("acme", "acme"), ("17", "globex"), (17, "globex"), (" acme ", "acme"), ("x", "acme")],
    ids=["a name", "an account before a name", "a number", "spaces around it", "the table"],
)
def test_a_value_is_looked_up_in_the_accounts_then_by_account_then_by_name(value: Any, name: str):
    [result] = results_of(view(value), accounts={"x": "acme"})

    assert (result.status, result.destination.name) == (ResultStatus.READY, name)


def test_the_sources_accounts_come_before_connected_accounts():
    assert results_of(view("17"), accounts={"17": "acme"})[0].destination.name == "acme"


def test_each_item_of_a_payload_is_mapped_for_its_own_destination():
    batch = [view("acme"), view("globex"), view("acme", email="me@acme.example")]

    first, second, third = results_of(batch)

    assert [result.destination.name for result in (first, second, third)] == ["acme", "globex", "acme"]
    assert first.call is not None
    assert second.call is not None
    assert (first.call.body["sourceSystemName"], second.call.body["sourceSystemName"]) == ("Acme Hub", "hub")
    assert third.status is ResultStatus.FILTERED


@pytest.mark.parametrize("value", ["unknown", "", None, True, 1.5, ["acme"], {"a": 1}, "x" * 201])
def test_a_value_that_leads_nowhere_makes_a_dead_letter_that_says_so(value: Any):
    [result] = results_of(view(value))

    [problem] = result.problems
    assert (result.status, result.destination, result.call) == (ResultStatus.DEAD, UNROUTED, None)
    assert (problem.path, problem.code) == ("destination", EventProblemCode.NO_DESTINATION)
    assert problem.message.startswith("{{ item.account }} ")


def test_the_dead_letter_shows_the_value_shortened_and_the_remedy():
    [problem] = results_of(view("x" * 150))[0].problems

    assert "xxx…" in problem.message
    assert "Connect the account" in problem.message
    assert len(problem.message) < 300


def test_a_destination_of_another_dialect_gets_no_calls():
    [result] = results_of(view("old"))

    assert result.status is ResultStatus.DEAD
    assert "speaks the catalog dialect" in result.problems[0].message


def test_an_event_without_a_destination_keeps_its_senders_id():
    assert results_of(view("unknown", "ev-9"))[0].event_id == "hub:ev-9"


def test_an_event_that_no_rule_matches_is_filtered_without_a_destination_too():
    [result] = results_of({"event": "other", "account": "unknown"})

    assert (result.status, result.destination) == (ResultStatus.FILTERED, UNROUTED)


def test_a_header_can_name_the_destination():
    [result] = results_of(view(None), template='{{ headers."x-account" }}', headers={"x-account": "acme"})

    assert result.destination.name == "acme"


def test_a_template_can_build_the_value():
    assert results_of(view("me"), template="ac{{ item.account }}")[0].destination.name == "acme"


def test_all_parts_of_an_item_go_to_its_destination():
    rules = [{**RULES[0], "items": "item.people", "map": {**RULES[0]["map"], "eventId": "{{ item.id }}"}}]
    people = [{"id": "a", "email": "a@initech.example"}, {"id": "b", "email": "b@initech.example"}]

    results = results_of({"event": "view", "account": "acme", "people": people}, rules=rules)

    assert [result.destination.name for result in results] == ["acme", "acme"]


def test_routing_that_exceeds_the_work_limit_fails_only_its_own_item():
    expensive, cheap = view(["x" * 1_000] * 20_000, "1"), view(["ac", "me"], "2")
    template = "{{ (item.account[?contains(@, 'zz')] | [0]) || join('', item.account) }}"

    first, second = results_of([expensive, cheap], template=template)

    assert "more steps" in first.problems[0].message
    assert second.destination.name == "acme"
