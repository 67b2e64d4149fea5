"""`dashboard` creates a link that signs in once, or reports what is missing."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from click.testing import CliRunner
from redis import Redis

from relay.cli.main import main
from relay.config.api_keys import hash_key
from relay.store.engine import keys
from relay.store.sign_in import spend_sign_in_ticket
from tests.valkey import Valkey

ADMIN = "the-admins-own-key-of-this-test"
SEALED = {"RELAY_ADMIN_KEY": ADMIN, "RELAY_SECRET_KEYS": "a-key-that-seals-sessions-of-tests"}


def run(valkey: Valkey, folder: Path, *arguments: str, **environ: str):
    variables = {"RELAY_REDIS_URL": valkey.url} | environ
    return CliRunner().invoke(main, ["--data-dir", str(folder), "dashboard", *arguments], env=variables)


def ticket_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["ticket"][0]


def test_dashboard_creates_a_link_that_signs_the_admin_in_once(valkey: Valkey, redis: Redis, tmp_path: Path):
    link = json.loads(run(valkey, tmp_path, "--json", "--url", "https://ops.example/", **SEALED).stdout)
    ticket = ticket_of(link["url"])

    assert link["url"].startswith("https://ops.example/ops/sign-in?ticket=")
    assert link["expires_in_seconds"] == 900
    assert spend_sign_in_ticket(redis, ticket) == hash_key(ADMIN)
    assert spend_sign_in_ticket(redis, ticket) is None


def test_the_link_starts_with_the_public_url(valkey: Valkey, redis: Redis, tmp_path: Path):
    result = run(valkey, tmp_path, RELAY_PUBLIC_URL="https://relay.example", **SEALED)

    assert "https://relay.example/ops/sign-in?ticket=" in result.stdout
    assert redis.exists(keys.AUDIT)
    assert redis.dbsize() == 2


def test_dashboard_reports_missing_settings(valkey: Valkey, tmp_path: Path):
    result = run(valkey, tmp_path, RELAY_ADMIN_KEY=ADMIN)

    assert result.exit_code == 1
    assert "RELAY_SECRET_KEYS" in result.stderr
