"""The webhook of a source: its values, and the path of each problem."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from relay.config.load import ConfigError, read_config
from relay.config.presets import load_preset
from relay.config.webhooks import WEBHOOK_KEYS, check_public_url
from relay.core.call import Operation
from relay.core.payloads import BodyFormat
from relay.core.webhook import WebhookResponse
from relay.settings import StartupError
from tests.config.hook_world import CATALOG_RULE, GITHUB, RULE, hook, read, verify, wrong
from tests.core.verification.senders import P256, public_der


def test_a_source_without_any_of_it_takes_no_webhooks():
    assert hook("") is None


def test_a_source_in_its_own_words_becomes_a_hook():
    made = hook(f"{GITHUB}\nitems: body.events\nrules: [{RULE}]\nchallenges: slack")

    assert (made.scheme.name, len(made.keys), made.preset) == ("github", 1, None)
    assert [rule.name for rule in made.mapping.rules] == ["viewed"]
    assert (len(made.challenges), made.body_format, made.answer) == (1, BodyFormat(), None)


def test_body_format_and_response_are_loaded():
    made = hook(
        f"{GITHUB}\nrules: [{RULE}]\nread: {{content_type: application/json, json_field: payload}}\n"
        'answer: {status: 201, content_type: text/plain, body: ""}'
    )

    assert made.body_format == BodyFormat("application/json", "payload")
    assert made.answer == WebhookResponse(201, "text/plain", "")


@pytest.mark.parametrize(
    ("entry", "path", "message"),
    [
        (f"verify: github\nrules: [{RULE}]", "verify", "must be a mapping"),
        (verify("scheme: githb, secrets: [${SECRET}]"), "verify.scheme", "did you mean github?"),
        (verify("scheme: 5"), "verify.scheme", "not a known scheme"),
        (verify("scheme: github, tolerence: 5, secrets: [${SECRET}]"), "verify.tolerence", "tolerance_seconds"),
        (verify("scheme: github, 5: 5, secrets: [${SECRET}]"), "verify.5", "not an option"),
        (verify("scheme: github, prefix: x, secrets: [${SECRET}]"), "verify.prefix", "is fixed"),
        (verify("scheme: stripe, tolerance_seconds: 0, secrets: [${SECRET}]"), "verify.tolerance_seconds", "from 1"),
        (f"{GITHUB}\nrules: []", "rules", "must be a list of at least one rule"),
        (f"{GITHUB}\nrules: null", "rules", "is empty"),
        (f"{GITHUB}\nrules: [5]", "rules[0]", "must be an object of name"),
        (GITHUB, "rules", "must be a list of at least one rule"),
        (f"{GITHUB}\nrules: [{RULE}]\nitems: body.[", "items", "is not JMESPath"),
        (f"{GITHUB}\nrules: [{RULE}]\nchallenges: slak", "challenges", "did you mean slack?"),
        (f"{GITHUB}\nrules: [{RULE}]\nchallenges: [slack]", "challenges", "must be text"),
        (f"{GITHUB}\nrules: [{RULE}]\nread: {{jsonfield: a}}", "read.jsonfield", "did you mean json_field?"),
        (f"{GITHUB}\nrules: [{RULE}]\nread: {{content_type: text/xml}}", "read.content_type", "is 'text/xml'"),
        (f"{GITHUB}\nrules: [{RULE}]\nread: {{content_type: json}}", "read.content_type", "application/json"),
        (f"{GITHUB}\nrules: [{RULE}]\nread: json", "read", "must be a mapping"),
        (f"{GITHUB}\nrules: [{RULE}]\nanswer: {{status: 404}}", "answer.status", "from 200 to 299"),
        (f"{GITHUB}\nrules: [{RULE}]\nanswer: {{body: 5}}", "answer.body", "must be text"),
        (f"{GITHUB}\nrules: [{RULE}]\nanswer: {{content_type: 'a/b\\nX: y'}}", "answer.content_type", "must be a type"),
        ("preset: sendgird\nverify: {secrets: [${SECRET}]}", "preset", "did you mean sendgrid?"),
        ("preset: [sendgrid]", "preset", "must be text"),
        ("preset: zzzqqq", "preset", "there is no such preset: use one of calendly, "),
        (f"{GITHUB}\nrules: [{RULE}]\nchallenges: zzzqqq", "challenges", "is not a known handshake: use one of "),
        ("preset: sendgrid", "verify.secrets", "is missing"),
    ],
)  # fmt: skip
def test_a_problem_is_reported_once_with_its_path(entry, path, message):
    problems = wrong(entry)

    assert set(problems) == {path}
    assert message in problems[path]


TEN = """
verify: {scheme: standrad, secrets: [${SECRET}]}
presets: sendgrid
challenges: slak
read: {json_feld: payload}
answer: {stats: 200}
item: body.events
rules:
  - name: viewed
    whn: item.event == 'view'
    to: digital-interacton
    map: {}
  - name: clicked
    when: low(item.event) == 'click'
    to: digital-interaction
    priority: hgh
    map: {timestamp: "{{ itm.at }}", eventType: clicked, content: {contentTitel: x}, person: {email: "{{ item.email }}"}}
"""


def test_ten_problems_are_reported_at_once_with_paths_and_suggestions():
    problems = wrong(TEN)
    right = {
        "verify.scheme": "standard",
        "presets": "preset",
        "challenges": "slack",
        "read.json_feld": "json_field",
        "answer.stats": "status",
        "item": "items",
        "rules[0].whn": "when",
        "rules[0].to": "digital-interaction",
        "rules[1].when": "lower()",
        "rules[1].priority": "high",
        "rules[1].map.timestamp": "item",
        "rules[1].map.content.contentTitel": "contentTitle",
    }

    assert {path: name for path, name in right.items() if name in problems.get(path, "")} == right


def test_a_preset_brings_everything_but_the_secret():
    made = hook(f"preset: sendgrid\nverify: {{secrets: ['{public_der(P256)}']}}")

    assert (made.preset, made.scheme.name) == ("sendgrid", "sendgrid")
    assert [rule.name for rule in made.mapping.rules] == [
        rule["name"] for rule in load_preset("sendgrid")["rules"]
    ]


PRESET = f"preset: sendgrid\nverify: {{secrets: ['{public_der(P256)}']}}\n"
FIRST = load_preset("sendgrid")["rules"][0]["name"]


def test_a_rule_overrides_the_presets_rule_of_its_name_and_a_new_rule_comes_first():
    mine = RULE.replace("{name: viewed,", "{name: viewed, when: item.kind == 'view',")
    made = hook(f"{PRESET}rules: [{{name: {FIRST}, priority: high}}, {mine}]")

    assert [rule.name for rule in made.mapping.rules][:2] == ["viewed", FIRST]
    assert made.mapping.rules[1].priority == "high"
    assert made.mapping.rules[1].to is Operation.DIGITAL_INTERACTION


def test_a_problem_in_a_changed_rule_has_its_path_in_the_file():
    problems = wrong(f"{PRESET}rules: [{{name: mine}}, {{name: {FIRST}, priority: hgh}}]")

    assert "did you mean high?" in problems["rules[1].priority"]
    assert {path for path in problems if path.startswith("rules[0]")} == {"rules[0].to", "rules[0].map"}


def test_an_unreachable_rule_of_the_preset_is_reported_as_the_presets():
    problems = wrong(f"{PRESET}rules: [{RULE}]")

    assert "sources.site.rules[0] has no when" in problems["preset.rules[0]"]
    assert [path for path in problems if not path.startswith("preset.rules[")] == []


def test_null_removes_what_the_preset_has():
    preset = load_preset("dropbox-sign")
    made = hook("preset: dropbox-sign\nverify: {secrets: ['${SECRET}']}\nanswer: null\nread: null")

    assert "answer" in preset
    assert "read" in preset
    assert (made.answer, made.body_format) == (None, BodyFormat())


def test_another_scheme_inherits_no_options_of_the_presets_scheme():
    made = hook("preset: sendgrid\nverify: {scheme: github, secrets: [${SECRET}]}")

    assert (made.scheme.name, made.preset) == ("github", "sendgrid")


@pytest.mark.parametrize(
    ("destination", "rule"), [("acme", CATALOG_RULE), ("catalog", RULE)], ids=["gong", "catalog"]
)
def test_a_rule_makes_a_call_of_the_dialect_that_its_destination_speaks(destination: str, rule: str):
    other = {"acme": RULE, "catalog": CATALOG_RULE}[destination]

    assert read(f"destination: {destination}\n{GITHUB}\nrules: [{other}]").webhooks["site"]
    problems = wrong(f"{GITHUB}\nrules: [{rule}]", destination)
    assert set(problems) == {"rules[0].to"}
    assert "the destination's dialect" in problems["rules[0].to"]


def test_a_preset_is_rejected_for_a_destination_of_another_dialect():
    assert {path.partition("[")[0] for path in wrong(PRESET, "catalog")} == {"preset.rules"}


def test_senders_that_sign_the_address_need_the_relay_to_know_its_own():
    config = read(f"destination: acme\nverify: {{scheme: hubspot, secrets: [${{SECRET}}]}}\nrules: [{RULE}]")

    with pytest.raises(StartupError, match="the senders of site sign"):
        check_public_url(config, None)
    check_public_url(config, "https://relay.acme.example")
    check_public_url(read(f"destination: acme\n{GITHUB}\nrules: [{RULE}]"), None)


NONSENSE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.dates()
    | st.sampled_from(["github", "sendgrid", "slack", "", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*WEBHOOK_KEYS, "scheme", "secrets", "secret", "name", "to", "map", 5]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(WEBHOOK_KEYS), NONSENSE, min_size=1))
def test_any_invalid_source_is_reported_without_a_crash(entry: dict[str, object]):
    document = {
        "destinations": {"acme": {"auth": {"basic": {"access_key": "k", "access_key_secret": "s"}}}},
        "sources": {"site": {"destination": "acme", **entry}},
    }

    with pytest.raises(ConfigError) as caught:
        read_config(yaml.safe_dump(document), environ={}, allow_hosts=frozenset())
    assert all(problem.path.startswith("sources.site.") for problem in caught.value.problems)
