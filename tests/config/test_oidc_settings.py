"""The settings for sign-in by OpenID Connect: all of them or none."""

import pytest

from relay.config.oidc import read_oidc_app, redirect_uri
from relay.core.roles import Role
from relay.settings import Settings, SettingsError

WHOLE = {
    "RELAY_OIDC_ISSUER": "https://login.example.com/realms/acme",
    "RELAY_OIDC_CLIENT_ID": "relay",
    "RELAY_OIDC_CLIENT_SECRET": "the-clients-own-secret",
    "RELAY_OIDC_ROLES": "ops-team=operator, cn=admins,dc=x =admin",
    "RELAY_PUBLIC_URL": "https://relay.example.com",
    "RELAY_SECRET_KEYS": "a-key-that-seals-sessions-of-tests",
}


def read(**changed: str | None) -> Settings:
    return Settings.from_env({name: value for name, value in (WHOLE | changed).items() if value is not None})


def test_roles_go_by_values_of_the_claim():
    app = read_oidc_app(read(RELAY_OIDC_ROLES="ops-team=operator, relay admins =admin,a=b=viewer"))

    assert app is not None
    assert app.roles == {"ops-team": Role.OPERATOR, "relay admins": Role.ADMIN, "a=b": Role.VIEWER}


def test_browsers_come_back_to_the_public_address():
    assert redirect_uri(read(RELAY_OIDC_ROLES="a=admin")) == "https://relay.example.com/ops/sign-in/back"


def test_without_an_issuer_there_is_no_provider():
    assert read_oidc_app(Settings()) is None


@pytest.mark.parametrize("name", sorted(set(WHOLE) - {"RELAY_OIDC_ISSUER"}))
def test_settings_that_an_issuer_requires_are_reported(name: str):
    with pytest.raises(SettingsError) as caught:
        read(**{"RELAY_OIDC_ROLES": "a=admin", name: None})

    assert [problem.path for problem in caught.value.problems] == [name]


@pytest.mark.parametrize(
    "roles", ["", ",", "a", "a=", "=admin", "a=root", "a=ingest", "a=admin,b", WHOLE["RELAY_OIDC_ROLES"]]
)
def test_an_incomplete_role_map_is_rejected(roles: str):
    with pytest.raises(SettingsError, match="RELAY_OIDC_ROLES"):
        read(RELAY_OIDC_ROLES=roles)


@pytest.mark.parametrize(
    "issuer", ["http://login.example.com", "login.example.com", "https://", "ftp://x.example"]
)
def test_an_issuer_without_https_is_rejected(issuer: str):
    with pytest.raises(SettingsError, match="RELAY_OIDC_ISSUER"):
        read(RELAY_OIDC_ISSUER=issuer, RELAY_OIDC_ROLES="a=admin")
