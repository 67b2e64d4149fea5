"""What a source may say of sessions, by type of event, and how each mistake in it is told."""

import pytest

from relay.core.event.model import EventType
from relay.core.visit_session import Collapse
from tests.config.hook_world import GITHUB, read, wrong

KEYS = 'keys: ["sha256:' + "a" * 64 + '"]'
RULE = """{name: viewed, to: digital-interaction, COLLAPSE, map: {eventId: "{{ item.id }}", timestamp: "{{ item.at }}",
  eventType: page viewed, content: {contentTitle: "{{ item.title }}"}, person: {email: "{{ item.email }}"}}}"""


def test_a_source_collapses_nothing_unless_it_says_so():
    assert read(f"destination: acme\n{KEYS}").sources["site"].collapse == {}


def test_a_source_says_when_sessions_of_a_type_are_over():
    entry = "collapse: {page_view: {quiet: 10m, longest: 2h, as: website visited}, video_watch: {}}"

    source = read(f"destination: acme\n{KEYS}\n{entry}").sources["site"]

    assert source.collapse == {
        EventType.PAGE_VIEW: Collapse(600, 7200, "website visited"),
        EventType.VIDEO_WATCH: Collapse(),
    }


@pytest.mark.parametrize(
    ("entry", "path", "said"),
    [
        ("collapse: page_view", "collapse", "must be a mapping of types"),
        ("collapse: null", "collapse", "is empty"),
        ("collapse: {page_veiw: {quiet: 5m}}", "collapse.page_veiw", "did you mean 'page_view'?"),
        ("collapse: {page_view: 15m}", "collapse.page_view", "must be an object of quiet, longest, as"),
        ("collapse: {page_view: {quiet: 2d}}", "collapse.page_view.quiet", "such as 90s, 15m or 4h"),
        ("collapse: {page_view: {quiet: 5h}}", "collapse.page_view.quiet", "longest, which is 4h"),
        ("collapse: {page_view: {qiuet: 5m}}", "collapse.page_view.qiuet", "did you mean quiet?"),
        ('collapse: {page_view: {by: "{{ body.x }}"}}', "collapse.page_view.by", "there is no such key"),
        (
            "send_as: engagement\ncollapse: {page_view: {}}",
            "collapse",
            "send_as: engagement makes other calls",
        ),
    ],
)
def test_a_mistake_is_told_with_its_path_and_its_remedy(entry: str, path: str, said: str):
    told = wrong(f"{KEYS}\n{entry}")

    assert list(told) == [path]
    assert said in told[path]


def test_a_gateway_of_the_catalogue_dialect_takes_no_sessions():
    told = wrong(f"{KEYS}\ncollapse: {{page_view: {{}}}}", destination="catalog")

    assert "catalog speaks dialect catalog" in told["collapse"]


def test_a_rule_says_so_in_the_file_too():
    rule = RULE.replace("COLLAPSE", 'collapse: {by: "{{ item.visit }}", quiet: 5m}')

    [read_rule] = read(f"destination: acme\n{GITHUB}\nrules: [{rule}]").hooks["site"].mapping.rules

    assert read_rule.collapse
    assert read_rule.collapse.how == Collapse(300)


def test_a_mistake_in_a_rule_is_told_with_its_path():
    rule = RULE.replace("COLLAPSE", "collapse: {quiet: 5m}")

    assert "say what ties the events" in wrong(f"{GITHUB}\nrules: [{rule}]")["rules[0].collapse.by"]


def test_a_rule_of_a_preset_collapses_by_the_session_that_it_maps():
    [first, *_] = (
        read(
            "destination: acme\npreset: segment\nverify: {secrets: [${SECRET}]}\n"
            "rules: [{name: page viewed, collapse: {quiet: 5m}}]"
        )
        .hooks["site"]
        .mapping.rules
    )

    assert first.collapse
    assert (first.name, first.collapse.how, first.collapse.by) == ("page viewed", Collapse(300), None)
