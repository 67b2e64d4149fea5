"""Web and worker run with only their own secrets, and deliver events and webhooks together."""

import hashlib
import hmac
import json

import pytest
import requests
import yaml

from tests.harness.accounts import ADMIN_KEY, Account
from tests.harness.clients import page_view
from tests.harness.stack import FAST, Launch, Plan, Stack
from tests.harness.waiting import eventually

pytestmark = pytest.mark.slow

ACCOUNT = Account("web")
OPERATOR_KEY = "the-key-of-the-operator-of-the-test"
HOOK_SECRET = "a-shared-secret-of-enough-length"
WEB_SECRETS = {"SOURCE_KEY": ACCOUNT.key, "OPERATOR_KEY": OPERATOR_KEY, "HOOK_SECRET": HOOK_SECRET}
WORKER_SECRETS = {
    "GONG_KEY": "sandbox-key",
    "GONG_SECRET": "sandbox-secret",
    "APP_SECRET": "sandbox-client-secret",
    "CHAT_URL": "https://chat.invalid/services/x",
    "RELAY_OIDC_CLIENT_SECRET": "the-client-secret-at-the-provider",
}
SETTINGS = FAST | {
    "RELAY_OIDC_ISSUER": "https://login.invalid",
    "RELAY_OIDC_CLIENT_ID": "relay",
    "RELAY_OIDC_ROLES": "ops=operator",
}
RULE = {
    "name": "viewed",
    "to": "digital-interaction",
    "map": {
        "eventId": "{{ item.id }}",
        "timestamp": "{{ item.at }}",
        "eventType": "page viewed",
        "content": {"contentTitle": "Pricing"},
        "person": {"email": "{{ item.email }}"},
    },
}


def write_config(stack: Stack, per_day: int) -> None:
    """Replace every secret of the file with a variable."""
    file = stack.folder / "relay.yaml"
    config = yaml.safe_load(file.read_text())
    destination = config["destinations"]["web"]
    destination["auth"] = {"basic": {"access_key": "${GONG_KEY}", "access_key_secret": "${GONG_SECRET}"}}
    destination["limits"]["per_day"] = per_day
    config["oauth"]["client_secret"] = "${APP_SECRET}"
    config["sources"]["web"]["keys"] = ["${SOURCE_KEY}"]
    verify = {"scheme": "github", "secrets": ["${HOOK_SECRET}"]}
    config["sources"]["hooks"] = {"destination": "web", "verify": verify, "rules": [RULE]}
    config["operators"] = {"alice": {"role": "viewer", "keys": ["${OPERATOR_KEY}"]}}
    config["alerts"] = {"receivers": {"chat": {"url": "${CHAT_URL}", "format": "slack"}}}
    file.write_text(yaml.safe_dump(config))


def restart_with_own_secrets(stack: Stack) -> None:
    worker = stack.workers[0]
    for process in (stack.web, worker):
        process.stop()
    write_config(stack, 10_000)
    environ = stack.environ()
    without_oidc = {name: value for name, value in environ.items() if name != "RELAY_OIDC_CLIENT_SECRET"}
    stack.web.environ = without_oidc | WEB_SECRETS
    worker.environ = {name: value for name, value in environ.items() if name != "RELAY_ADMIN_KEY"}
    worker.environ |= WORKER_SECRETS
    for process in (stack.web, worker):
        process.start()
    stack.relay.close()
    stack.await_web()


def post_webhook(stack: Stack, event_id: str, secret: str) -> requests.Response:
    body = json.dumps({"id": event_id, "at": "2026-11-20T10:00:00Z", "email": "ada@example.com"}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "X-Hub-Signature-256": f"sha256={signature}",
        "X-GitHub-Delivery": event_id,
        "Content-Type": "application/json",
    }
    return requests.post(f"{stack.url}/v1/webhooks/hooks", body, headers=headers, timeout=5)


def test_web_and_worker_need_only_their_own_secrets(launch: Launch) -> None:
    plan = Plan([ACCOUNT], SETTINGS | {"RELAY_OIDC_CLIENT_SECRET": "only-while-the-stack-starts"})
    with launch(plan) as stack:
        restart_with_own_secrets(stack)

        stack.relay.accept(ACCOUNT, page_view("event"))
        assert post_webhook(stack, "signed", HOOK_SECRET).ok
        assert post_webhook(stack, "forged", HOOK_SECRET[::-1]).status_code == 401
        for key in (OPERATOR_KEY, ADMIN_KEY):
            headers = {"X-API-Key": key}
            assert requests.get(f"{stack.url}/v1/sources", headers=headers, timeout=5).ok

        eventually(
            lambda: {"web:event", "hooks:signed"} <= set(stack.sandbox.event_ids()),
            within=30,
            what="both in Gong",
        )
        # A reload is no way around the separation, and does not fail for a secret that the process lacks.
        write_config(stack, 9_000)
        for process in (stack.web, stack.workers[0]):
            log = process.log
            eventually(lambda log=log: '"config.loaded"' in log.read_text(), within=30, what="the reload")
            assert '"config.rejected"' not in log.read_text()
        stack.relay.accept(ACCOUNT, page_view("after"))
        eventually(
            lambda: "web:after" in stack.sandbox.event_ids(), within=30, what="delivery after the reload"
        )


def test_each_process_names_the_secret_that_it_lacks(launch: Launch) -> None:
    with launch(Plan([ACCOUNT], FAST)) as stack:
        worker = stack.workers[0]
        worker.stop()
        write_config(stack, 10_000)
        worker.environ = stack.environ()
        worker.start()

        assert worker.wait(30) == 1
        log = worker.log.read_text()
        assert "the environment has neither GONG_KEY nor GONG_KEY_FILE" in log
        assert "SOURCE_KEY" not in log
