"""The section stores: its values, and the path of each problem."""

import pytest

from relay.config.load import ConfigError, read_config
from relay.config.stores import check_stores
from relay.settings import Settings, StartupError
from tests.config.test_config_load import AUTH

URL = "redis://:the-secret@eu.example:6379/0"


def read(destinations: str, stores: str = '{eu: {url: "${EU}"}}'):
    text = f"destinations: {destinations}\nstores: {stores}\n"
    return read_config(text, environ={"EU": URL}, allow_hosts=frozenset())


def test_a_destination_is_in_the_store_that_it_names_else_in_main():
    config = read(f"{{acme: {{{AUTH}, store: eu}}, globex: {{{AUTH}}}}}")

    assert {name: destination.store for name, destination in config.destinations.items()} == {
        "acme": "eu",
        "globex": "main",
    }
    assert config.stores == {"eu": URL}
    assert "the-secret" not in repr(config)


@pytest.mark.parametrize(
    ("destinations", "stores", "path", "message"),
    [
        (
            f"{{acme: {{{AUTH}, store: ue}}}}",
            '{eu: {url: "${EU}"}}',
            "destinations.acme.store",
            "no such store",
        ),
        (f"{{acme: {{{AUTH}}}}}", '{main: {url: "${EU}"}}', "stores.main", "RELAY_REDIS_URL"),
        (f"{{acme: {{{AUTH}}}}}", "{eu: {url: 'http://eu'}}", "stores.eu.url", "redis://"),
        (f"{{acme: {{{AUTH}}}}}", '{eu: {url: "${EU}"}, us: {url: "${EU}"}}', "stores.us.url", "stores.eu"),
        (f"{{acme: {{{AUTH}}}}}", "{eu: {}}", "stores.eu.url", "is missing"),
        (
            f"{{acme: {{{AUTH}, store: eu, company: one}}, globex: {{{AUTH}, company: one}}}}",
            '{eu: {url: "${EU}"}}',
            "destinations.globex.store",
            "destinations.acme",
        ),
        (
            "{acme: {auth: {oauth: {}}, store: eu}}",
            '{eu: {url: "${EU}"}}',
            "destinations.acme.store",
            "OAuth",
        ),
    ],
)
def test_an_impossible_value_is_reported_with_its_path(
    destinations: str, stores: str, path: str, message: str
):
    with pytest.raises(ConfigError) as caught:
        read(destinations, stores)

    problems = {problem.path: problem.message for problem in caught.value.problems}
    assert message in problems[path]
    assert "the-secret" not in str(caught.value)


def test_the_main_store_may_not_be_named_once_more():
    config = read(f"{{acme: {{{AUTH}}}}}")

    with pytest.raises(StartupError) as caught:
        check_stores(config, Settings(redis_url=URL))
    assert [problem.path for problem in caught.value.problems] == ["stores.eu.url"]
