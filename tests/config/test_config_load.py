"""Loading the file: its values, and the path of each problem."""

import re
import textwrap

import pytest

from relay.config.load import ConfigError, load_config, read_config
from relay.config.presets import render_starter
from relay.core.call import Dialect, SendAs
from relay.core.destination import BasicCredentials, Destination, Limits
from relay.core.source import Source

AUTH = "auth: {basic: {access_key: key, access_key_secret: secret}}"
DIGEST = "a" * 64
KEY = "a-plain-key-of-thirty-characters"
ENVIRON = {"KEY": "key", "SECRET": "the-secret-itself", "PLAIN": KEY, "RATE": "5"}

WHOLE = """
    destinations:
      acme:
        auth: {basic: {access_key: ${KEY}, access_key_secret: ${SECRET}}}
        base_url: https://us-1.api.gong.io/
        company: acme-inc
        limits: {per_second: ${RATE}, per_day: 2000, daily_share: 80%}
        dialect: catalog
        source_system_name: Acme Content Hub
        internal_domains: [acme.com]
      plain:
        auth: {basic: {access_key: ${KEY}, access_key_secret: ${SECRET}}}
    sources:
      website: {destination: acme, keys: [sha256:%s, ${PLAIN}], send_as: engagement}
      quiet: {destination: plain}
""".replace("%s", DIGEST)


def read(text: str):
    return read_config(textwrap.dedent(text), environ=ENVIRON, allow_hosts={"127.0.0.1:8090"})


def wrong(text: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return {problem.path: problem.message for problem in caught.value.problems}


def destination(entry: str) -> str:
    return f"destinations: {{acme: {{{AUTH}, {entry}}}}}"


def source(entry: str) -> str:
    return f"destinations: {{acme: {{{AUTH}}}}}\nsources: {{web: {{{entry}}}}}"


def test_a_file_becomes_destinations_and_sources():
    config = read(WHOLE)

    assert config.destinations["acme"] == Destination(
        name="acme",
        company="acme-inc",
        credentials=BasicCredentials("key", "the-secret-itself"),
        base_url="https://us-1.api.gong.io",
        limits=Limits(per_second=5, per_day=2000, daily_share=0.8),
        dialect=Dialect.CATALOG,
        source_system_name="Acme Content Hub",
        internal_domains=frozenset({"acme.com"}),
    )
    assert config.sources["quiet"] == Source(name="quiet", destination="plain")
    assert config.sources["website"].send_as is SendAs.ENGAGEMENT


def test_missing_keys_have_the_defaults_of_the_core():
    credentials = BasicCredentials("key", "the-secret-itself")

    assert read(WHOLE).destinations["plain"] == Destination(
        name="plain", company="plain", credentials=credentials
    )


def test_a_key_becomes_its_digest_however_it_is_given():
    digests = read(WHOLE).sources["website"].key_digests

    assert DIGEST in digests
    assert len(digests) == 2
    assert not any(KEY in digest for digest in digests)


def test_no_secret_is_in_the_text_of_a_configuration():
    assert "the-secret-itself" not in repr(read(WHOLE))


def test_the_starter_is_valid():
    environ = {"SANDBOX_ACCESS_KEY": "k", "SANDBOX_ACCESS_KEY_SECRET": "s", "QUICKSTART_KEY": KEY}
    config = read_config(
        render_starter("http://127.0.0.1:9999"), environ=environ, allow_hosts={"127.0.0.1:9999"}
    )

    assert config.destinations["sandbox"].base_url == "http://127.0.0.1:9999/c/demo"
    assert config.sources["quickstart"].destination == "sandbox"


def test_the_commented_examples_of_the_starter_are_valid():
    text = re.sub(
        r"^  # ( *(?:[a-z_]+:|- ))", r"  \1", render_starter("http://127.0.0.1:8090"), flags=re.MULTILINE
    )
    text = text.replace("sha256:...", f"sha256:{DIGEST}")
    names = ("SANDBOX_ACCESS_KEY", "SANDBOX_ACCESS_KEY_SECRET", "ACME_KEY", "ACME_SECRET", "QUICKSTART_KEY")
    config = read_config(text, environ=dict.fromkeys(names, KEY), allow_hosts={"127.0.0.1:8090"})

    assert set(config.destinations) == {"sandbox", "acme"}
    assert set(config.sources) == {"quickstart", "website"}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "destinations"),
        ("- a", ""),
        ("just a text", ""),
        ("destinations: 3", "destinations"),
        ("destinations: {acme: 3}", "destinations.acme"),
        ("destinations: {acme: {}}", "destinations.acme.auth"),
        ("destinations: {acme: {auth: }}", "destinations.acme.auth"),
        ("destinations: {acme: {auth: {}}}", "destinations.acme.auth.basic"),
        ("destinations: {Acme: {}}", "destinations.Acme"),
        ("destinations: {9: {}}", "destinations.9"),
        (f"destinations: {{{'a' * 64}: {{}}}}", f"destinations.{'a' * 64}"),
        (destination("base_url: https://evil.example"), "destinations.acme.base_url"),
        (destination("base_url: 'https://api.gong.io '"), "destinations.acme.base_url"),
        (destination("limits: {per_second: 0}"), "destinations.acme.limits.per_second"),
        (destination("limits: {per_second: 2.5}"), "destinations.acme.limits.per_second"),
        (destination("limits: {per_second: true}"), "destinations.acme.limits.per_second"),
        (destination("limits: {per_second: ${KEY}}"), "destinations.acme.limits.per_second"),
        (destination("limits: {daily_share: 101%}"), "destinations.acme.limits.daily_share"),
        (destination("limits: {daily_share: 0}"), "destinations.acme.limits.daily_share"),
        (destination("limits: {daily_share: .nan}"), "destinations.acme.limits.daily_share"),
        (destination("limits: {daily_share: true}"), "destinations.acme.limits.daily_share"),
        (destination("dialect: klingon"), "destinations.acme.dialect"),
        (destination("company: ''"), "destinations.acme.company"),
        (destination("internal_domains: acme.com"), "destinations.acme.internal_domains"),
        (destination("internal_domains: [acme.com, 'a b']"), "destinations.acme.internal_domains[1]"),
        (source("keys: []"), "sources.web.destination"),
        (source("destination: acme, send_as: fax"), "sources.web.send_as"),
        (source("destination: acme, keys: [sha256:12]"), "sources.web.keys[0]"),
        (source("destination: acme, keys: [3]"), "sources.web.keys[0]"),
        (source("destination: acme, keys: [${KEY}]"), "sources.web.keys[0]"),
        (source("destination: acme, keys: [${UNSET}]"), "sources.web.keys[0]"),
        (source("destination: ${UNSET}"), "sources.web.destination"),
    ],
)
def test_each_problem_is_reported_once_with_its_path(text, path):
    assert list(wrong(text)) == [path]


@pytest.mark.parametrize(("share", "budget"), [("80%", 8000), ("12.5 %", 1250), ("0.8", 8000), ("1", 10_000)])
def test_a_share_may_be_written_as_percent_or_as_a_fraction(share, budget):
    config = read(destination(f"limits: {{daily_share: {share}}}"))

    assert config.destinations["acme"].limits.daily_budget == budget


def test_every_problem_is_reported_at_once():
    problems = wrong(f"""
        destinations:
          acme: {{{AUTH}, base_url: http://api.gong.io, limits: {{per_day: x}}, dialect: ${{UNSET}}}}
          acme: {{{AUTH}, base_url: http://api.gong.io, limits: {{per_day: x}}, dialect: ${{UNSET}}}}
        sources:
          web: {{destination: acne, keys: [{KEY}]}}
        surces: 1
    """)

    assert set(problems) == {
        "line 4, column 3",
        "destinations.acme.dialect",
        "destinations.acme.base_url",
        "destinations.acme.limits.per_day",
        "sources.web.destination",
        "sources.web.keys[0]",
        "surces",
    }


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (destination("limts: {}"), "limits"),
        (destination("limits: {per_secnd: 3}"), "per_second"),
        (source("destination: acmee"), "'acme'"),
    ],
)
def test_a_misspelt_key_is_reported_with_a_suggestion(text, meant):
    assert f"did you mean {meant}?" in next(iter(wrong(text).values()))


def test_a_plain_key_in_the_file_is_rejected_without_repeating_it():
    [message] = wrong(source(f"destination: acme, keys: [{KEY}]")).values()

    assert "gong-relay key" in message
    assert KEY not in message


def test_destinations_of_one_company_must_have_equal_limits():
    entries = f"a: {{{AUTH}, company: x, limits: {{per_day: 9}}}}, b: {{{AUTH}, company: x}}"

    assert list(wrong(f"destinations: {{{entries}}}")) == ["destinations.b.limits"]


def test_a_company_counts_by_its_name_even_where_it_is_left_away():
    assert list(
        wrong(f"destinations: {{a: {{{AUTH}}}, b: {{{AUTH}, company: a, limits: {{per_day: 9}}}}}}")
    ) == ["destinations.b.limits"]


def test_two_sources_may_not_share_a_key():
    entries = "a: {destination: x, keys: [${PLAIN}]}, b: {destination: x, keys: [${PLAIN}]}"

    assert list(wrong(f"destinations: {{x: {{{AUTH}}}}}\nsources: {{{entries}}}")) == ["sources.b.keys[0]"]


def test_no_message_contains_the_value_of_a_variable():
    text = """
        destinations:
          acme:
            auth: {basic: {access_key: {x: ${SECRET}}, access_key_secret: [${SECRET}]}}
            base_url: ${SECRET}
            company: ["${SECRET}"]
            limits: {per_second: ${SECRET}, daily_share: ${SECRET}}
            dialect: ${SECRET}
            internal_domains: [${SECRET}]
        sources:
          web: {destination: acme, keys: ["sha256:${SECRET}"], send_as: ${SECRET}}
    """

    assert "the-secret-itself" not in str(wrong(text))


def test_an_alias_that_contains_itself_is_rejected():
    assert "itself" in wrong("destinations: &x {a: *x}")[""]


def test_a_missing_file_is_reported_with_its_name_and_the_remedy(tmp_path):
    with pytest.raises(ConfigError, match=r"relay\.yaml: cannot be read: No such file.*--config"):
        load_config(tmp_path / "relay.yaml", environ={}, allow_hosts=())


def test_a_file_that_is_not_utf8_is_rejected(tmp_path):
    (tmp_path / "relay.yaml").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(tmp_path / "relay.yaml", environ={}, allow_hosts=())
