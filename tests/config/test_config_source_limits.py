"""What a source may use: the shares of each company's day that follow from the file, and the highest priority."""

import pytest

from relay.config.load import ConfigError, read_config
from relay.core.config import Config
from relay.core.event.model import EventType
from relay.core.priority import Priority

ROUTED = 'destination: "{{ body.account }}"'


def read(**sources: str) -> Config:
    entries = ", ".join(f"{name}: {{{text}}}" for name, text in sources.items())
    text = f"""
        destinations:
          acme: {{auth: &auth {{basic: {{access_key: k, access_key_secret: s}}}}}}
          acme-test: {{auth: *auth, company: acme}}
          globex: {{auth: *auth}}
        sources: {{{entries}}}
    """
    return read_config(text, environ={}, allow_hosts=frozenset())


def shares(config: Config) -> dict[str, float]:
    return {f"{company}|{source}": value for (company, source), value in _shares(config).items()}


def _shares(config: Config) -> dict[tuple[str, str], float]:
    return config.daily_shares({destination.company for destination in config.destinations.values()})


def test_a_source_that_has_its_company_for_itself_may_use_all_of_it():
    assert shares(read(web="destination: acme", shop="destination: globex")) == {}


def test_each_of_two_sources_of_a_company_leaves_a_fifth_to_the_other():
    config = read(web="destination: acme", shop="destination: acme-test", alone="destination: globex")

    assert shares(config) == {"acme|web": 0.8, "acme|shop": 0.8}


def test_a_source_that_chooses_destinations_shares_every_company():
    config = read(web="destination: acme", hub=ROUTED)

    # It is the only one that reaches globex, and the companies that are connected at run time.
    assert shares(config) == {"acme|web": 0.8, "acme|hub": 0.8}


def test_two_sources_that_choose_destinations_share_also_those_that_are_connected_later():
    config = read(hub=ROUTED, mail=ROUTED)

    companies = ("", "acme", "globex")
    assert shares(config) == {f"{company}|{name}": 0.8 for company in companies for name in ("hub", "mail")}


@pytest.mark.parametrize(("text", "share"), [("30%", 0.3), ("0.25", 0.25)])
def test_an_explicit_share_applies_also_to_a_source_that_is_alone(text: str, share: float):
    assert shares(read(web=f"destination: acme, limits: {{daily_share: {text}}}")) == {"acme|web": share}


def test_an_explicit_share_of_all_turns_the_default_off():
    config = read(web="destination: acme, limits: {daily_share: 100%}", shop="destination: acme")

    assert shares(config) == {"acme|shop": 0.8}


def test_the_highest_priority_applies_to_every_type():
    source = read(web="destination: acme, limits: {max_priority: low}").sources["web"]

    assert {source.priority(event_type) for event_type in EventType} == {Priority.LOW}


@pytest.mark.parametrize(
    ("limits", "path"),
    [
        ("{daily_share: 0}", "daily_share"),
        ("{daily_share: 120%}", "daily_share"),
        ("{max_priority: replay}", "max_priority"),
        ("{per_day: 4}", "per_day"),
    ],
)
def test_a_wrong_limit_is_an_error_with_its_path(limits: str, path: str):
    with pytest.raises(ConfigError) as caught:
        read(web=f"destination: acme, limits: {limits}")

    assert [problem.path for problem in caught.value.problems] == [f"sources.web.limits.{path}"]
