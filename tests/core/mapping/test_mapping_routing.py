"""One source, many destinations: each item goes where a value in it says, and nowhere else."""

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
SOURCE = Source("hub", "{{ … }}")
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
    return Destination(name, name, OAuthCredentials(), **fields)


class Known:
    """Destinations by name, and by what payloads call their customers."""

    def __init__(self, *destinations: Destination) -> None:
        self._all = {each.name: each for each in destinations}

    def find(self, name: str) -> Destination | None:
        return self._all.get(name)

    def by_account(self, account: str) -> Destination | None:
        return next((each for each in self._all.values() if each.account == account), None)


KNOWN = Known(
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
    read = parse_template(template, path="destination")
    assert isinstance(read, Template)
    router = build_router(Routing(template, read, accounts or {}), KNOWN, dialect=Dialect.GONG)
    payload = Payload(body, headers or {}, {})
    return map_payload(compile_mapping(rules), payload, source=SOURCE, destination=router, received_at=NOW)


@pytest.mark.parametrize(
    ("value", "name"),
    [("acme", "acme"), ("17", "globex"), (17, "globex"), (" acme ", "acme"), ("x", "acme")],
    ids=["a name", "an account before a name", "a number", "blanks round it", "the table"],
)
def test_a_value_leads_by_the_table_then_by_account_then_by_name(value: Any, name: str):
    [found] = results_of(view(value), accounts={"x": "acme"})

    assert (found.status, found.destination.name) == (ResultStatus.READY, name)


def test_the_table_comes_before_what_is_connected():
    assert results_of(view("17"), accounts={"17": "acme"})[0].destination.name == "acme"


def test_the_items_of_one_payload_go_their_own_ways_each_as_its_destination_wants_it():
    batch = [view("acme"), view("globex"), view("acme", email="me@acme.example")]

    first, second, third = results_of(batch)

    assert [each.destination.name for each in (first, second, third)] == ["acme", "globex", "acme"]
    assert first.call is not None
    assert second.call is not None
    assert (first.call.body["sourceSystemName"], second.call.body["sourceSystemName"]) == ("Acme Hub", "hub")
    assert third.status is ResultStatus.FILTERED


@pytest.mark.parametrize("value", ["nobody", "", None, True, 1.5, ["acme"], {"a": 1}, "x" * 201])
def test_a_value_that_leads_nowhere_is_a_dead_letter_that_says_so(value: Any):
    [found] = results_of(view(value))

    [problem] = found.problems
    assert (found.status, found.destination, found.call) == (ResultStatus.DEAD, UNROUTED, None)
    assert (problem.path, problem.code) == ("destination", EventProblemCode.NO_DESTINATION)
    assert problem.message.startswith("{{ item.account }} ")


def test_a_dead_letter_names_its_value_shortened_and_the_remedy():
    [problem] = results_of(view("x" * 150))[0].problems

    assert "xxx…" in problem.message
    assert "Connect it" in problem.message
    assert len(problem.message) < 300


def test_a_destination_of_another_dialect_takes_none_of_the_rules_calls():
    [found] = results_of(view("old"))

    assert found.status is ResultStatus.DEAD
    assert "speaks catalog" in found.problems[0].message


def test_an_unroutable_event_keeps_the_id_that_its_sender_gave_it():
    assert results_of(view("nobody", "ev-9"))[0].event_id == "hub:ev-9"


def test_what_gong_is_not_to_be_told_is_filtered_wherever_it_would_have_gone():
    [found] = results_of({"event": "other", "account": "nobody"})

    assert (found.status, found.destination) == (ResultStatus.FILTERED, UNROUTED)


def test_a_header_can_tell_the_destination():
    [found] = results_of(view(None), template='{{ headers."x-account" }}', headers={"x-account": "acme"})

    assert found.destination.name == "acme"


def test_a_value_can_be_put_together():
    assert results_of(view("me"), template="ac{{ item.account }}")[0].destination.name == "acme"


def test_the_parts_of_one_item_go_where_the_item_goes():
    rules = [{**RULES[0], "items": "item.people", "map": {**RULES[0]["map"], "eventId": "{{ item.id }}"}}]
    people = [{"id": "a", "email": "a@initech.example"}, {"id": "b", "email": "b@initech.example"}]

    found = results_of({"event": "view", "account": "acme", "people": people}, rules=rules)

    assert [each.destination.name for each in found] == ["acme", "acme"]


def test_routing_that_needs_too_much_work_kills_its_item_alone():
    endless, honest = view(["x" * 1_000] * 20_000, "1"), view(["ac", "me"], "2")
    template = "{{ (item.account[?contains(@, 'zz')] | [0]) || join('', item.account) }}"

    first, second = results_of([endless, honest], template=template)

    assert "more work" in first.problems[0].message
    assert second.destination.name == "acme"
