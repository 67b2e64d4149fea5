"""The key aggregate of a source: its values, and the path of each problem."""

import pytest

from relay.core.event.model import EventType
from relay.core.visit_session import AggregateOptions
from tests.config.hook_world import GITHUB, read, wrong

KEYS = 'keys: ["sha256:' + "a" * 64 + '"]'
RULE = """{name: viewed, to: digital-interaction, COLLAPSE, map: {eventId: "{{ item.id }}", timestamp: "{{ item.at }}",
  eventType: page viewed, content: {contentTitle: "{{ item.title }}"}, person: {email: "{{ item.email }}"}}}"""


def test_a_source_collapses_nothing_unless_it_says_so():
    assert read(f"destination: acme\n{KEYS}").sources["site"].aggregate == {}


def test_a_source_says_when_sessions_of_a_type_are_over():
    entry = (
        "aggregate: {page_view: {idle_timeout: 10m, max_duration: 2h, as: website visited}, video_watch: {}}"
    )

    source = read(f"destination: acme\n{KEYS}\n{entry}").sources["site"]

    assert source.aggregate == {
        EventType.PAGE_VIEW: AggregateOptions(600, 7200, "website visited"),
        EventType.VIDEO_WATCH: AggregateOptions(),
    }


@pytest.mark.parametrize(
    ("entry", "path", "message"),
    [
        ("aggregate: page_view", "aggregate", "must be a mapping of event types"),
        ("aggregate: null", "aggregate", "is empty"),
        ("aggregate: {page_veiw: {idle_timeout: 5m}}", "aggregate.page_veiw", "did you mean page_view?"),
        (
            "aggregate: {page_view: 15m}",
            "aggregate.page_view",
            "must be an object of idle_timeout, max_duration, as",
        ),
        (
            "aggregate: {page_view: {idle_timeout: 2d}}",
            "aggregate.page_view.idle_timeout",
            "such as 90s, 15m or 4h",
        ),
        (
            "aggregate: {page_view: {idle_timeout: 5h}}",
            "aggregate.page_view.idle_timeout",
            "max_duration, which is 4h",
        ),
        (
            "aggregate: {page_view: {idle_timeot: 5m}}",
            "aggregate.page_view.idle_timeot",
            "did you mean idle_timeout?",
        ),
        ('aggregate: {page_view: {by: "{{ body.x }}"}}', "aggregate.page_view.by", "unknown key"),
        (
            "send_as: engagement\naggregate: {page_view: {}}",
            "aggregate",
            "send_as: engagement makes other calls",
        ),
    ],
)
def test_a_problem_has_its_path_and_remedy(entry: str, path: str, message: str):
    problems = wrong(f"{KEYS}\n{entry}")

    assert list(problems) == [path]
    assert message in problems[path]


def test_a_gateway_of_the_catalog_dialect_takes_no_sessions():
    problems = wrong(f"{KEYS}\naggregate: {{page_view: {{}}}}", destination="catalog")

    assert "catalog has dialect catalog" in problems["aggregate"]


def test_a_rule_says_so_in_the_file_too():
    rule = RULE.replace("COLLAPSE", 'aggregate: {by: "{{ item.visit }}", idle_timeout: 5m}')

    [read_rule] = read(f"destination: acme\n{GITHUB}\nrules: [{rule}]").webhooks["site"].mapping.rules

    assert read_rule.aggregate
    assert read_rule.aggregate.options == AggregateOptions(300)


def test_a_problem_in_a_rule_has_its_path():
    rule = RULE.replace("COLLAPSE", "aggregate: {idle_timeout: 5m}")

    assert (
        "name what the events have in common" in wrong(f"{GITHUB}\nrules: [{rule}]")["rules[0].aggregate.by"]
    )


def test_a_rule_of_a_preset_collapses_by_the_session_that_it_maps():
    [first, *_] = (
        read(
            "destination: acme\npreset: segment\nverify: {secrets: [${SECRET}]}\n"
            "rules: [{name: page viewed, aggregate: {idle_timeout: 5m}}]"
        )
        .webhooks["site"]
        .mapping.rules
    )

    assert first.aggregate
    assert (first.name, first.aggregate.options, first.aggregate.key_template) == (
        "page viewed",
        AggregateOptions(300),
        None,
    )
