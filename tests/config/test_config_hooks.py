"""The webhook part of a source: what it becomes, and how each mistake in it is told."""

import textwrap
from datetime import UTC, datetime

import pytest

from relay.config.hooks import check_addresses
from relay.config.load import ConfigError, read_config
from relay.config.presets import load_preset
from relay.core.call import Operation
from relay.core.hook import SenderAnswer
from relay.core.payloads import Reading
from relay.settings import Misconfigured
from tests.core.verification.senders import P256, RAW, b64, public_der

SECRET = "a-shared-secret-of-enough-length"
ENVIRON = {"SECRET": SECRET, "NEXT": SECRET[::-1], "USER": f"acme:{SECRET}", "SHORT": "short"}
DIGEST = "sha256:" + "a" * 64
RULE = """{name: viewed, to: digital-interaction, map: {eventId: "{{ item.id }}", timestamp: "{{ item.at }}",
  eventType: page viewed, content: {contentTitle: "{{ item.title }}"}, person: {email: "{{ item.email }}"}}}"""
CATALOG_RULE = """{name: viewed, to: catalog-view, map: {eventTimestamp: "{{ item.at }}",
  contentTitle: "{{ item.title }}", viewerEmailAddress: "{{ item.email }}"}}"""
GITHUB = "verify: {scheme: github, secrets: [${SECRET}]}"


def read(entry: str):
    """A configuration with one source, `site`, whose destination speaks Gong's dialect; `catalog` is another."""
    auth = "auth: {basic: {access_key: key, access_key_secret: secret}}"
    text = f"""
destinations: {{acme: {{{auth}}}, catalog: {{{auth}, dialect: catalog}}}}
sources:
  site:
{textwrap.indent(textwrap.dedent(entry), "    ")}
"""
    return read_config(text, environ=ENVIRON, allow_hosts=frozenset())


def hook(entry: str):
    return read(f"destination: acme\n{entry}").hooks.get("site")


def wrong(entry: str, destination: str = "acme") -> dict[str, str]:
    """Every message by its path below the source."""
    with pytest.raises(ConfigError) as caught:
        read(f"destination: {destination}\n{entry}")
    return {p.path.removeprefix("sources.site."): p.message for p in caught.value.problems}


def verify(entry: str) -> str:
    return f"verify: {{{entry}}}\nrules: [{RULE}]"


def test_a_source_without_any_of_it_takes_no_webhooks():
    assert hook("") is None


def test_a_source_in_its_own_words_becomes_a_hook():
    made = hook(f"{GITHUB}\nitems: body.events\nrules: [{RULE}]\nchallenges: slack")

    assert (made.scheme.name, len(made.keys), made.preset) == ("github", 1, None)
    assert [rule.name for rule in made.mapping.rules] == ["viewed"]
    assert (len(made.challenges), made.reading, made.answer) == (1, Reading(), None)


def test_reading_and_answer_are_taken_over():
    made = hook(
        f"{GITHUB}\nrules: [{RULE}]\nread: {{content_type: application/json, json_field: payload}}\n"
        'answer: {status: 201, content_type: text/plain, body: ""}'
    )

    assert made.reading == Reading("application/json", "payload")
    assert made.answer == SenderAnswer(201, "text/plain", "")


def test_none_is_taken_only_where_it_is_spelled_out():
    assert hook(verify("scheme: none")).scheme.name == "none"
    assert set(wrong(f"rules: [{RULE}]")) == {"verify.scheme"}
    assert set(wrong(verify(""))) == {"verify.scheme"}


@pytest.mark.parametrize(
    "entry",
    [
        "scheme: github, secrets: [${SECRET}]",
        "scheme: basic, secrets: ['${USER}']",
        f"scheme: bearer, secrets: ['{DIGEST}']",
        f"scheme: sendgrid, secrets: ['{public_der(P256)}']",
        f"scheme: standard-v1a, secrets: ['whpk_{b64(RAW)}']",
    ],
)
def test_a_secret_comes_from_the_environment_and_what_is_no_secret_may_stand_in_the_file(entry: str):
    assert len(hook(verify(entry)).keys) == 1


@pytest.mark.parametrize("scheme", ["github", "bearer", "standard", "mailgun"])
def test_a_secret_in_plain_is_refused_with_the_remedy_and_not_repeated(scheme: str):
    told = wrong(verify(f"scheme: {scheme}, secrets: [{SECRET}]"))

    assert set(told) == {"verify.secrets[0]"}
    assert "write ${NAME}" in told["verify.secrets[0]"]
    assert SECRET not in told["verify.secrets[0]"]


def test_secrets_count_between_their_dates():
    entry = """
    verify:
      scheme: github
      secrets:
        - ${NEXT}
        - {secret: "${SECRET}", not_before: 2026-11-20T00:00:00Z, expires_at: 2026-12-01 09:30:00}
    """
    _, old = hook(textwrap.dedent(entry) + f"rules: [{RULE}]").keys

    assert old.not_before == datetime(2026, 11, 20, tzinfo=UTC)
    assert old.expires_at == datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("secrets", "path", "said"),
    [
        ("[]", "verify.secrets", "is missing"),
        ("${SECRET}", "verify.secrets", "must be a list"),
        ("[5]", "verify.secrets[0]", "must be a text"),
        ("[${SHORT}]", "verify.secrets[0]", "has 5 bytes"),
        ("[${NOT_THERE}]", "verify.secrets[0]", "holds no NOT_THERE"),
        ("['${NEXT}', {secret: '${NOT_THERE}'}]", "verify.secrets[1].secret", "holds no NOT_THERE"),
        ("['${NEXT}', '${NEXT}']", "verify.secrets[1]", "the same secret"),
        ("[{secrt: '${SECRET}', secret: '${NEXT}'}]", "verify.secrets[0].secrt", "mean 'secret'"),
        ("[{secret: plain-in-the-file}]", "verify.secrets[0].secret", "in plain"),
        (
            "[{secret: '${NEXT}', expires_at: soon}]",
            "verify.secrets[0].expires_at",
            "must be a date and time",
        ),
        (
            "[{secret: '${NEXT}', not_before: 2026-11-20}]",
            "verify.secrets[0].not_before",
            "must be a date and",
        ),
    ],
)
def test_a_secret_that_cannot_be_used_is_told_by_its_place_and_nothing_else_is(secrets, path, said):
    told = wrong(verify(f"scheme: github, secrets: {secrets}"))

    assert set(told) == {path}
    assert said in told[path]


def test_every_wrong_secret_keeps_its_own_place():
    told = wrong(verify("scheme: github, secrets: [in-plain, '${SHORT}', 5]"))

    assert set(told) == {"verify.secrets[0]", "verify.secrets[1]", "verify.secrets[2]"}
    assert "has 5 bytes" in told["verify.secrets[1]"]


@pytest.mark.parametrize(
    ("entry", "path", "said"),
    [
        (f"verify: github\nrules: [{RULE}]", "verify", "must be a mapping"),
        (verify("scheme: githb, secrets: [${SECRET}]"), "verify.scheme", "did you mean github?"),
        (verify("scheme: 5"), "verify.scheme", "no scheme"),
        (verify("scheme: github, tolerence: 5, secrets: [${SECRET}]"), "verify.tolerence", "tolerance_seconds"),
        (verify("scheme: github, 5: 5, secrets: [${SECRET}]"), "verify.5", "no column"),
        (verify("scheme: github, prefix: x, secrets: [${SECRET}]"), "verify.prefix", "is fixed"),
        (verify("scheme: stripe, tolerance_seconds: 0, secrets: [${SECRET}]"), "verify.tolerance_seconds", "from 1"),
        (f"{GITHUB}\nrules: []", "rules", "must be a list of one rule or more"),
        (f"{GITHUB}\nrules: null", "rules", "is empty"),
        (f"{GITHUB}\nrules: [5]", "rules[0]", "must be an object of name"),
        (GITHUB, "rules", "must be a list of one rule or more"),
        (f"{GITHUB}\nrules: [{RULE}]\nitems: body.[", "items", "is not JMESPath"),
        (f"{GITHUB}\nrules: [{RULE}]\nchallenges: slak", "challenges", "did you mean 'slack'?"),
        (f"{GITHUB}\nrules: [{RULE}]\nchallenges: [slack]", "challenges", "must be text"),
        (f"{GITHUB}\nrules: [{RULE}]\nread: {{jsonfield: a}}", "read.jsonfield", "did you mean 'json_field'?"),
        (f"{GITHUB}\nrules: [{RULE}]\nread: {{content_type: text/xml}}", "read.content_type", "is 'text/xml'"),
        (f"{GITHUB}\nrules: [{RULE}]\nread: {{content_type: json}}", "read.content_type", "application/json"),
        (f"{GITHUB}\nrules: [{RULE}]\nread: json", "read", "must be a mapping"),
        (f"{GITHUB}\nrules: [{RULE}]\nanswer: {{status: 404}}", "answer.status", "from 200 to 299"),
        (f"{GITHUB}\nrules: [{RULE}]\nanswer: {{body: 5}}", "answer.body", "must be text"),
        (f"{GITHUB}\nrules: [{RULE}]\nanswer: {{content_type: 'a/b\\nX: y'}}", "answer.content_type", "must be a type"),
        ("preset: sendgird\nverify: {secrets: [${SECRET}]}", "preset", "did you mean 'sendgrid'?"),
        ("preset: [sendgrid]", "preset", "must be text"),
        ("preset: sendgrid", "verify.secrets", "is missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_its_path_and_nothing_else_is(entry, path, said):
    told = wrong(entry)

    assert set(told) == {path}
    assert said in told[path]


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
    lane: hgh
    map: {timestamp: "{{ itm.at }}", eventType: clicked, content: {contentTitel: x}, person: {email: "{{ item.email }}"}}
"""


def test_ten_mistakes_are_told_at_once_each_with_its_path_and_the_right_name():
    told = wrong(TEN)
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
        "rules[1].lane": "high",
        "rules[1].map.timestamp": "item",
        "rules[1].map.content.contentTitel": "contentTitle",
    }

    assert {path: name for path, name in right.items() if name in told.get(path, "")} == right


def test_a_preset_brings_everything_but_the_secret():
    made = hook(f"preset: sendgrid\nverify: {{secrets: ['{public_der(P256)}']}}")

    assert (made.preset, made.scheme.name) == ("sendgrid", "sendgrid")
    assert [rule.name for rule in made.mapping.rules] == [
        rule["name"] for rule in load_preset("sendgrid")["rules"]
    ]


PRESET = f"preset: sendgrid\nverify: {{secrets: ['{public_der(P256)}']}}\n"
FIRST = load_preset("sendgrid")["rules"][0]["name"]


def test_a_rule_of_a_preset_is_changed_by_its_name_and_a_new_one_comes_before_all():
    mine = RULE.replace("{name: viewed,", "{name: viewed, when: item.kind == 'view',")
    made = hook(f"{PRESET}rules: [{{name: {FIRST}, lane: high}}, {mine}]")

    assert [rule.name for rule in made.mapping.rules][:2] == ["viewed", FIRST]
    assert made.mapping.rules[1].lane == "high"
    assert made.mapping.rules[1].to is Operation.DIGITAL_INTERACTION


def test_a_mistake_in_a_changed_rule_is_told_by_its_place_in_the_file():
    told = wrong(f"{PRESET}rules: [{{name: mine}}, {{name: {FIRST}, lane: hgh}}]")

    assert "did you mean high?" in told["rules[1].lane"]
    assert {path for path in told if path.startswith("rules[0]")} == {"rules[0].to", "rules[0].map"}


def test_a_rule_of_the_preset_that_is_never_reached_is_told_as_the_presets():
    told = wrong(f"{PRESET}rules: [{RULE}]")

    assert "sources.site.rules[0] has no when" in told["preset.rules[0]"]
    assert [path for path in told if not path.startswith("preset.rules[")] == []


def test_another_scheme_than_the_presets_takes_none_of_its_columns():
    made = hook("preset: sendgrid\nverify: {scheme: github, secrets: [${SECRET}]}")

    assert (made.scheme.name, made.preset) == ("github", "sendgrid")


@pytest.mark.parametrize(
    ("destination", "rule"), [("acme", CATALOG_RULE), ("catalog", RULE)], ids=["gong", "catalog"]
)
def test_a_rule_makes_a_call_of_the_dialect_that_its_destination_speaks(destination: str, rule: str):
    other = {"acme": RULE, "catalog": CATALOG_RULE}[destination]

    assert read(f"destination: {destination}\n{GITHUB}\nrules: [{other}]").hooks["site"]
    told = wrong(f"{GITHUB}\nrules: [{rule}]", destination)
    assert set(told) == {"rules[0].to"}
    assert "which the destination speaks" in told["rules[0].to"]


def test_a_preset_for_gong_is_refused_for_a_destination_of_the_other_dialect():
    assert {path.partition("[")[0] for path in wrong(PRESET, "catalog")} == {"preset.rules"}


def test_senders_that_sign_the_address_need_the_relay_to_know_its_own():
    config = read(f"destination: acme\nverify: {{scheme: hubspot, secrets: [${{SECRET}}]}}\nrules: [{RULE}]")

    with pytest.raises(Misconfigured, match="the senders of site sign"):
        check_addresses(config, None)
    check_addresses(config, "https://relay.acme.example")
    check_addresses(read(f"destination: acme\n{GITHUB}\nrules: [{RULE}]"), None)
