"""The section oauth: its values, its requirements, and the addresses it may send secrets to."""

import textwrap

import pytest

from relay.config.base_url import safe_oauth_url
from relay.config.load import ConfigError, read_config
from relay.config.oauth import check_oauth
from relay.core.config import Config
from relay.core.destination import OAuthCredentials
from relay.core.oauth import OAuthApp, TokenParams
from relay.settings import Settings, StartupError

ENVIRON = {"SECRET": "the-client-secret", "NEXT": "the-next-client-secret"}
SECTION = "oauth: {client_id: app-1, client_secret: '${SECRET}'}"
KEYS = ("a-key-that-seals-with-32-characters-or-more",)


def read(text: str, *hosts: str) -> Config:
    return read_config(textwrap.dedent(text), environ=ENVIRON, allow_hosts=frozenset(hosts))


def wrong(text: str, *hosts: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        read(text, *hosts)
    return {problem.path: problem.code for problem in caught.value.problems}


def test_a_section_needs_no_more_than_an_id_and_a_secret():
    assert read(f"{SECTION}\ndestinations: {{}}").oauth == OAuthApp(
        client_id="app-1", client_secret="the-client-secret"
    )


def test_everything_of_a_section_is_read():
    config = read(
        """
        oauth:
          client_id: app-1
          client_secret: ${SECRET}
          client_secret_next: ${NEXT}
          scopes: [api:digital-interactions:write]
          authorize_url: http://gong:8090/oauth2/authorize
          token_url: http://gong:8090/oauth2/generate-customer-token
          token_params: query
        destinations: {}
        """,
        "gong:8090",
    )

    assert config.oauth == OAuthApp(
        client_id="app-1",
        client_secret="the-client-secret",
        client_secret_next="the-next-client-secret",
        scopes=("api:digital-interactions:write",),
        authorize_url="http://gong:8090/oauth2/authorize",
        token_url="http://gong:8090/oauth2/generate-customer-token",
        token_params=TokenParams.QUERY,
    )


def test_a_destination_can_be_connected_by_its_customer():
    config = read(f"{SECTION}\ndestinations: {{acme: {{auth: {{oauth: {{}}}}}}}}")

    assert config.destinations["acme"].credentials == OAuthCredentials()


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "destinations: {acme: {auth: {oauth: {}}}}",
            {"destinations.acme.auth.oauth": "oauth_not_configured"},
        ),
        (
            f"{SECTION}\ndestinations: {{acme: {{auth: {{oauth: {{scopes: []}}}}}}}}",
            {"destinations.acme.auth.oauth.scopes": "invalid"},
        ),
        (
            f"{SECTION}\ndestinations: {{a: {{auth: {{oauth: {{}}, basic: {{access_key: k, access_key_secret: s}}}}}}}}",
            {"destinations.a.auth.oauth": "invalid"},
        ),
        ("oauth: {client_id: app-1}\ndestinations: {}", {"oauth.client_secret": "invalid"}),
        (
            "oauth: {client_id: a, client_secret: s, scopes: []}\ndestinations: {}",
            {"oauth.scopes": "invalid"},
        ),
        (
            "oauth: {client_id: a, client_secret: s, scopes: ['a b']}\ndestinations: {}",
            {"oauth.scopes[0]": "invalid"},
        ),
        (
            "oauth: {client_id: a, client_secret: s, token_url: 'https://evil.example/t'}\ndestinations: {}",
            {"oauth.token_url": "unsafe_address"},
        ),
        (
            "oauth: {client_id: a, client_secret: s, authorize_url: 'http://app.gong.io/a'}\ndestinations: {}",
            {"oauth.authorize_url": "unsafe_address"},
        ),
    ],
)
def test_a_problem_is_reported_with_its_path(text, problems):
    assert wrong(text) == problems


def test_no_problem_contains_a_secret():
    with pytest.raises(ConfigError) as caught:
        read(f"{SECTION[:-1]}, token_params: body}}\ndestinations: {{}}")

    assert "the-client-secret" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://app.gong.io/oauth2/authorize",
        "https://app.gong.io",
        "https://app.gong.io.evil.example/a",
        "https://evil.example\\@app.gong.io/a",
        "https://user@app.gong.io/a",
        "https://app.gong.io:444/a",
        "https://app.gong.io/a?b",
        "https://app.gong.io/a\n",
        "https://api.gong.io/oauth2/authorize",
    ],
)
def test_an_address_outside_gong_is_rejected(address):
    assert safe_oauth_url(address, ()) is None


def test_gongs_own_address_is_accepted():
    assert (
        safe_oauth_url("https://app.gong.io/oauth2/authorize", ()) == "https://app.gong.io/oauth2/authorize"
    )


def test_an_application_needs_an_address_and_a_key_of_its_own_relay():
    config = read(f"{SECTION}\ndestinations: {{}}")

    with pytest.raises(StartupError) as caught:
        check_oauth(config, Settings())

    assert [problem.path for problem in caught.value.problems] == ["RELAY_PUBLIC_URL", "RELAY_SECRET_KEYS"]


def test_an_application_with_public_url_and_keys_is_valid():
    config = read(f"{SECTION}\ndestinations: {{}}")

    check_oauth(config, Settings(public_url="https://relay.example", secret_keys=KEYS))


def test_without_an_application_neither_is_needed():
    check_oauth(Config(destinations={}, sources={}), Settings())
