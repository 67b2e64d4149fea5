"""`connect` and `rotate`: their output and errors."""

from pathlib import Path

import pytest
from redis import Redis

from relay.core.vault import Vault
from relay.store.engine.scripts import Scripts
from relay.store.oauth_consents import Invitation, read_ticket
from relay.store.oauth_tokens import IssuedTokens, TokenPair, read_grant, save_tokens, unseal_tokens
from tests.cli.conftest import CommandResult, Run

OLD, NEW = "the-old-key-of-at-least-32-characters", "the-new-key-of-at-least-32-characters"
PUBLIC = {"RELAY_PUBLIC_URL": "https://relay.example", "RELAY_SECRET_KEYS": OLD}
FRESH = IssuedTokens(
    destination="globex",
    pair=TokenPair("access", "refresh"),
    base_url="https://api.gong.io",
    scope="",
    lifetime=3600.0,
    refresh_after=1800.0,
)


@pytest.fixture
def application(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A configuration with an OAuth application, and the settings that it needs."""
    config = tmp_path / "with-application.yaml"
    text = Path(environ["RELAY_CONFIG"]).read_text("utf-8")
    config.write_text(f"oauth: {{client_id: app, client_secret: the-client-secret}}\n{text}", "utf-8")
    return PUBLIC | {"RELAY_CONFIG": str(config)}


def connect(run: Run, application: dict[str, str], *more: str) -> CommandResult:
    return run("connect", "initech", *more, **application)


def test_connect_prints_a_link_for_the_invited_customer(run: Run, application: dict[str, str], redis: Redis):
    result = connect(run, application, "--account", "17", "--internal-domain", "initech.example")

    assert result.code == 0
    [link] = [line.strip() for line in result.out.splitlines() if "https://" in line]
    assert link.startswith("https://relay.example/connect/gong?destination=initech&ticket=")
    assert read_ticket(redis, link.rpartition("=")[2]) == Invitation(
        destination="initech", account="17", internal_domains=("initech.example",)
    )


def test_connect_prints_the_link_and_its_expiry_as_json(run: Run, application: dict[str, str]):
    document = connect(run, application, "--json").document

    assert set(document) == {"destination", "url", "expires_at"}


def test_connect_requires_an_oauth_application(run: Run):
    result = run("connect", "initech", **PUBLIC)

    assert result.code == 1
    assert "has no oauth section" in result.err


def test_connect_requires_a_public_url(run: Run, application: dict[str, str]):
    result = connect(run, application | {"RELAY_PUBLIC_URL": ""})

    assert result.code == 1
    assert "RELAY_PUBLIC_URL" in result.err


@pytest.mark.parametrize(("name", "code"), [("Initech", 2), ("acme", 1)])
def test_connect_rejects_a_name_that_cannot_be_connected(
    run: Run, application: dict[str, str], name: str, code: int
):
    assert run("connect", name, **application).code == code


@pytest.fixture
def sealed(run: Run, scripts: Scripts) -> Run:
    """Runs commands while one destination's tokens are stored."""
    save_tokens(scripts, Vault([OLD]), FRESH, follows=None)
    return run


def test_rotate_re_encrypts_each_secret_once(sealed: Run, redis: Redis):
    both = PUBLIC | {"RELAY_SECRET_KEYS": f"{NEW},{OLD}"}

    first, second = (sealed("rotate", **both) for _ in range(2))

    assert (first.code, first.out) == (0, "1 secret re-encrypted; 0 already used the newest key.\n")
    assert (second.code, second.out) == (0, "0 secrets re-encrypted; 1 already used the newest key.\n")
    grant = read_grant(redis, "globex")
    assert grant is not None
    assert unseal_tokens(Vault([NEW]), grant).access == "access"


def test_rotate_names_secrets_that_no_key_decrypts(sealed: Run):
    result = sealed("rotate", **PUBLIC | {"RELAY_SECRET_KEYS": NEW})

    assert result.code == 1
    assert "tokens:globex: no key in RELAY_SECRET_KEYS decrypts it." in result.out


def test_rotate_prints_counts_as_json(sealed: Run):
    document = sealed("rotate", "--json", **PUBLIC).document

    assert document == {"resealed": 0, "already": 1, "unreadable": []}
