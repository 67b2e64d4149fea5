"""`connect` and `rotate`: what they print, and what they say when they cannot."""

from pathlib import Path

import pytest
from redis import Redis

from relay.core.vault import Vault
from relay.store.engine.scripts import Scripts
from relay.store.oauth_consents import Invitation, read_ticket
from relay.store.oauth_tokens import IssuedTokens, TokenPair, read_grant, save_tokens, unseal_tokens
from tests.cli.conftest import Ended, Run

OLD, NEW = "the-old-key-of-at-least-32-characters", "the-new-key-of-at-least-32-characters"
PUBLIC = {"RELAY_PUBLIC_URL": "https://relay.example", "RELAY_SECRET_KEYS": OLD}
FRESH = IssuedTokens("globex", TokenPair("access", "refresh"), "https://api.gong.io", "", 3600.0, 1800.0)


@pytest.fixture
def application(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A configuration that holds an application, and what it needs beside it."""
    config = tmp_path / "with-application.yaml"
    known = Path(environ["RELAY_CONFIG"]).read_text("utf-8")
    config.write_text(f"oauth: {{client_id: app, client_secret: the-client-secret}}\n{known}", "utf-8")
    return PUBLIC | {"RELAY_CONFIG": str(config)}


def connect(run: Run, application: dict[str, str], *more: str) -> Ended:
    return run("connect", "initech", *more, **application)


def test_a_link_is_printed_that_invites_whom_it_names(run: Run, application: dict[str, str], redis: Redis):
    ended = connect(run, application, "--account", "17", "--internal-domain", "initech.example")

    assert ended.code == 0
    [link] = [line.strip() for line in ended.out.splitlines() if "https://" in line]
    assert link.startswith("https://relay.example/connect/gong?destination=initech&ticket=")
    assert read_ticket(redis, link.rpartition("=")[2]) == Invitation(
        "initech", account="17", internal_domains=("initech.example",)
    )


def test_a_link_as_json_says_until_when_it_is_good(run: Run, application: dict[str, str]):
    document = connect(run, application, "--json").document

    assert set(document) == {"destination", "url", "expires_at"}


def test_without_an_application_there_is_no_link(run: Run):
    ended = run("connect", "initech", **PUBLIC)

    assert ended.code == 1
    assert "has no oauth section" in ended.err


def test_an_application_without_an_address_of_the_relay_makes_no_link(run: Run, application: dict[str, str]):
    ended = connect(run, application | {"RELAY_PUBLIC_URL": ""})

    assert ended.code == 1
    assert "RELAY_PUBLIC_URL" in ended.err


@pytest.mark.parametrize(("name", "code"), [("Initech", 2), ("acme", 1)])
def test_who_cannot_be_connected_gets_no_link(run: Run, application: dict[str, str], name: str, code: int):
    assert run("connect", name, **application).code == code


@pytest.fixture
def sealed(run: Run, scripts: Scripts) -> Run:
    """The command, with one destination's tokens in the store."""
    save_tokens(scripts, Vault([OLD]), FRESH, follows=None)
    return run


def test_secrets_are_sealed_anew_once(sealed: Run, redis: Redis):
    both = PUBLIC | {"RELAY_SECRET_KEYS": f"{NEW},{OLD}"}

    first, second = (sealed("rotate", **both) for _ in range(2))

    assert (first.code, first.out) == (0, "1 secret re-encrypted; 0 already used the newest key.\n")
    assert (second.code, second.out) == (0, "0 secrets re-encrypted; 1 already used the newest key.\n")
    grant = read_grant(redis, "globex")
    assert grant is not None
    assert unseal_tokens(Vault([NEW]), grant).access == "access"


def test_what_no_key_opens_is_named(sealed: Run):
    ended = sealed("rotate", **PUBLIC | {"RELAY_SECRET_KEYS": NEW})

    assert ended.code == 1
    assert "tokens:globex: no key in RELAY_SECRET_KEYS decrypts it." in ended.out


def test_counts_are_told_as_json(sealed: Run):
    document = sealed("rotate", "--json", **PUBLIC).document

    assert document == {"resealed": 0, "already": 1, "unreadable": []}
