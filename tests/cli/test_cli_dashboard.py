"""`dashboard` makes a link that signs in once, and says what is missing where it cannot."""

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
    told = {"RELAY_REDIS_URL": valkey.url} | environ
    return CliRunner().invoke(main, ["--data-dir", str(folder), "dashboard", *arguments], env=told)


def ticket_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["ticket"][0]


def test_it_makes_a_link_for_the_admin_that_is_good_once(valkey: Valkey, redis: Redis, tmp_path: Path):
    told = json.loads(run(valkey, tmp_path, "--json", "--url", "https://ops.example/", **SEALED).stdout)
    ticket = ticket_of(told["url"])

    assert told["url"].startswith("https://ops.example/ops/sign-in?ticket=")
    assert told["expires_in_seconds"] == 900
    assert spend_sign_in_ticket(redis, ticket) == hash_key(ADMIN)
    assert spend_sign_in_ticket(redis, ticket) is None


def test_it_leads_to_the_public_address(valkey: Valkey, redis: Redis, tmp_path: Path):
    told = run(valkey, tmp_path, RELAY_PUBLIC_URL="https://relay.example", **SEALED)

    assert "https://relay.example/ops/sign-in?ticket=" in told.stdout
    assert redis.exists(keys.AUDIT)
    assert redis.dbsize() == 2


def test_it_says_what_it_needs(valkey: Valkey, tmp_path: Path):
    told = run(valkey, tmp_path, RELAY_ADMIN_KEY=ADMIN)

    assert told.exit_code == 1
    assert "RELAY_SECRET_KEYS" in told.stderr
