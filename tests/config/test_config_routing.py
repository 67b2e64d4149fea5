"""Routing and priorities of a source: their values, and the path of each problem."""

import textwrap

import pytest

from relay.config.load import ConfigError, read_config
from relay.core.call import Dialect
from relay.core.config import Config
from relay.core.event.model import EventType
from relay.core.priority import Priority

FILE = """
    destinations:
      acme: {{auth: &auth {{basic: {{access_key: k, access_key_secret: s}}}}}}
      globex: {{auth: *auth}}
      old: {{auth: *auth, dialect: catalog}}
    sources:
      hub: {{{source}}}
"""
RULES = (
    "verify: {scheme: none}, "
    "rules: [{name: one, to: digital-interaction, map: {eventId: '{{ item.id }}', timestamp: '2026-11-20T10:00:00Z', "
    "eventType: x, content: {contentTitle: x}, person: {email: a@b.example}}}]"
)
ROUTED = 'destination: "{{ body.account }}"'


def read(source: str) -> Config:
    return read_config(textwrap.dedent(FILE.format(source=source)), environ={}, allow_hosts=frozenset())


def wrong(source: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        read(source)
    return {f"{problem.path} {problem.code}": problem.message for problem in caught.value.problems}


def test_a_template_makes_a_routing_and_keeps_its_text_for_people():
    config = read(f"{ROUTED}, accounts: {{17: acme, x-1: globex}}")

    routing = config.routes["hub"]
    assert (routing.text, config.sources["hub"].destination) == ("{{ body.account }}",) * 2
    assert (routing.accounts, routing.dialect) == ({"17": "acme", "x-1": "globex"}, Dialect.GONG)


def test_a_name_of_a_destination_is_no_routing():
    assert read("destination: acme").routes == {}


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ('destination: "{{ bdy.account }}"', "sources.hub.destination unknown_name"),
        ('destination: "{{ body.account"', "sources.hub.destination syntax_error"),
        ("destination: acme, accounts: {a: acme}", "sources.hub.accounts conflict"),
        (f"{ROUTED}, accounts: {{a: acne}}", "sources.hub.accounts.a unknown_destination"),
        (f"{ROUTED}, accounts: {{a: acme, b: old}}", "sources.hub.accounts.b wrong_dialect"),
        (f"{ROUTED}, accounts: {{true: acme}}", "sources.hub.accounts.True invalid"),
        (f"{ROUTED}, accounts: {{a: }}", "sources.hub.accounts.a invalid"),
        (f"{ROUTED}, accounts: [acme]", "sources.hub.accounts invalid"),
        (f"{ROUTED}, accounts: {{a: old}}, {RULES}", "sources.hub.rules[0].to wrong_dialect"),
        ("destination: acme, priorities: {page_vew: low}", "sources.hub.priorities.page_vew invalid"),
        ("destination: acme, priorities: {page_view: fast}", "sources.hub.priorities.page_view invalid"),
    ],
)
def test_each_problem_has_its_path(source: str, place: str):
    assert list(wrong(source)) == [place]


def test_rules_are_made_for_the_dialect_that_the_table_leads_to():
    assert read(f"{ROUTED}, accounts: {{a: acme}}, {RULES}").webhooks["hub"].mapping.rules
    assert read(f"{ROUTED}, accounts: {{a: old}}").routes["hub"].dialect is Dialect.CATALOG


def test_no_destination_may_have_the_name_of_none():
    with pytest.raises(ConfigError, match=r"destinations\.unrouted"):
        read_config(
            "destinations: {unrouted: {auth: {basic: {access_key: k, access_key_secret: s}}}}",
            environ={},
            allow_hosts=frozenset(),
        )


@pytest.mark.parametrize(
    ("event_type", "priority"),
    [
        (EventType.CONTENT_SHARE, Priority.HIGH),
        (EventType.DOCUMENT_SIGN, Priority.HIGH),
        (EventType.PAGE_VIEW, Priority.NORMAL),
        (EventType.FORM_SUBMIT, Priority.HIGH),
        (EventType.LINK_CLICK, Priority.NORMAL),
    ],
)
def test_a_source_overrules_where_a_type_waits_and_the_rest_waits_as_always(
    event_type: EventType, priority: Priority
):
    source = read("destination: acme, priorities: {page_view: normal, form_submit: high}").sources["hub"]

    assert source.priority(event_type) is priority


def test_page_views_wait_first():
    assert read("destination: acme").sources["hub"].priority(EventType.PAGE_VIEW) is Priority.LOW
