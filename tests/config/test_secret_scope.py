"""Each process reads only the secrets that it uses; the others are placeholders that cannot become a password."""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema
from marshmallow import fields as schema_fields

from relay.config.fields import ApiKey, NamedSections, SecretText
from relay.config.load import ConfigError, read_config
from relay.config.operators import check_admin_key
from relay.config.schema import ConfigSchema
from relay.config.secret_scope import find_reader
from relay.config.webhook_schema import OpenList, Secret
from relay.config.yaml_document import UnsetVariable
from relay.core.config import Config
from relay.core.secret import Process, SecretWithheldError, WithheldSecret, reveal
from relay.settings import Settings, SettingsError
from relay.settings_types import variable_name
from tests.config.hook_world import RULE

KEY = "a-key-of-more-than-twenty-characters"
WORKER_VARIABLES = {
    "GONG_KEY": "gong-key",
    "GONG_SECRET": "gong-secret",
    "APP_SECRET": "app-secret",
    "APP_SECRET_NEXT": "app-secret-next",
    "CHAT_URL": "https://chat.example.com/services/T0/B0/x",
    "OPS_URL": "https://alerts.example.com/relay",
    "OPS_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",
    "HEARTBEAT_URL": "https://heartbeat.example.com/ping/1",
}
WEB_VARIABLES = {
    "WEBSITE_KEY": f"{KEY}-website",
    "OPERATOR_KEY": f"{KEY}-operator",
    "HOOK_SECRET": "a-shared-secret-of-enough-length",
    "OLD_HOOK_SECRET": "an-old-shared-secret-of-enough-length",
}
SHARED_VARIABLES = {"EU_URL": "redis://eu.example.com:6379/0", "DOMAIN": "acme.com"}
EVERY = WORKER_VARIABLES | WEB_VARIABLES | SHARED_VARIABLES
NEEDS = {
    Process.WEB: WEB_VARIABLES | SHARED_VARIABLES,
    Process.WORKER: WORKER_VARIABLES | SHARED_VARIABLES,
    Process.COMMAND: SHARED_VARIABLES,
    Process.ALL: EVERY,
}
TEXT = f"""
stores: {{eu: {{url: "${{EU_URL}}"}}}}
oauth: {{client_id: app, client_secret: "${{APP_SECRET}}", client_secret_next: "${{APP_SECRET_NEXT}}"}}
operators: {{alice: {{role: viewer, keys: ["${{OPERATOR_KEY}}"]}}}}
alerts:
  receivers:
    ops: {{url: "${{OPS_URL}}", secret: "${{OPS_SECRET}}"}}
    chat: {{url: "${{CHAT_URL}}", format: slack}}
  heartbeat: {{url: "${{HEARTBEAT_URL}}"}}
destinations:
  acme:
    auth: {{basic: {{access_key: "${{GONG_KEY}}", access_key_secret: "${{GONG_SECRET}}"}}}}
    internal_domains: ["${{DOMAIN}}"]
sources:
  website: {{destination: acme, keys: ["${{WEBSITE_KEY}}", "sha256:{"a" * 64}"]}}
  hooks:
    destination: acme
    verify: {{scheme: github, secrets: ["${{HOOK_SECRET}}", {{secret: "${{OLD_HOOK_SECRET}}", expires_at: 2026-11-20T10:00:00Z}}]}}
    rules: [{RULE}]
"""


def read(process: Process, environ: dict[str, str] | None = None, text: str = TEXT) -> Config:
    variables = NEEDS[process] if environ is None else environ
    return read_config(text, environ=variables, allow_hosts=frozenset(), process=process)


def values_in(node: Any) -> list[Any]:
    """Every value in a tree of dataclasses, mappings and lists."""
    if is_dataclass(node) and not isinstance(node, type | WithheldSecret):
        return [leaf for item in fields(node) for leaf in values_in(getattr(node, item.name))]
    if isinstance(node, dict):
        return [leaf for value in node.values() for leaf in values_in(value)]
    if isinstance(node, list | tuple | frozenset):
        return [leaf for value in node for leaf in values_in(value)]
    return [node]


@pytest.mark.parametrize("process", Process)
def test_a_process_loads_the_file_without_the_variables_of_others(process: Process):
    config = read(process)

    assert set(config.destinations) == {"acme"}
    assert set(config.webhooks) == {"hooks"}
    assert config.stores == {"eu": EVERY["EU_URL"]}
    assert config.destinations["acme"].internal_domains == {"acme.com"}


@pytest.mark.parametrize("process", Process)
def test_a_process_does_not_hold_a_secret_of_others_even_if_its_variable_is_set(process: Process):
    leaves = values_in(read(process, EVERY))
    others = set(EVERY.values()) - set(NEEDS[process].values())

    assert not others & {leaf for leaf in leaves if isinstance(leaf, str)}
    assert not [leaf for leaf in leaves if isinstance(leaf, UnsetVariable)]


def test_the_web_withholds_what_only_workers_use():
    withheld = {leaf.path for leaf in values_in(read(Process.WEB)) if isinstance(leaf, WithheldSecret)}

    assert withheld == {
        "destinations.acme.auth.basic.access_key",
        "destinations.acme.auth.basic.access_key_secret",
        "oauth.client_secret",
        "oauth.client_secret_next",
        "alerts.receivers.ops.url",
        "alerts.receivers.ops.secret",
        "alerts.receivers.chat.url",
        "alerts.heartbeat.url",
    }


def test_a_worker_withholds_what_only_the_web_uses():
    withheld = {leaf.path for leaf in values_in(read(Process.WORKER)) if isinstance(leaf, WithheldSecret)}

    assert withheld == {
        "sources.website.keys",
        "sources.hooks.keys",
        "sources.hooks.verify.secrets",
        "operators.alice.keys",
    }


def test_check_reads_every_secret():
    assert not [leaf for leaf in values_in(read(Process.ALL)) if isinstance(leaf, WithheldSecret)]


@pytest.mark.parametrize("name", sorted(EVERY))
def test_a_missing_variable_is_an_error_for_exactly_the_processes_that_use_it(name: str):
    environ = {other: value for other, value in EVERY.items() if other != name}

    for process, needs in NEEDS.items():
        if name not in needs:
            read(process, environ)
            continue
        with pytest.raises(ConfigError) as caught:
            read(process, environ)
        assert [problem.code for problem in caught.value.problems] == ["unset_variable"]


@pytest.mark.parametrize(
    ("old", "new", "process"),
    [
        ('keys: ["${WEBSITE_KEY}"', f'keys: ["{KEY}"', Process.WORKER),
        (
            '"${OLD_HOOK_SECRET}", expires_at: 2026-11-20T10:00:00Z',
            '"${X}", expires_at: soon',
            Process.WORKER,
        ),
        ('["${HOOK_SECRET}",', '["${A}", "${B}", "${C}",', Process.WORKER),
        ('url: "${CHAT_URL}"', "url: https://chat.example.com/x", Process.WEB),
        ('secret: "${OPS_SECRET}"', "secret: whsec_plain", Process.WEB),
        ('url: "${OPS_URL}"', "url: ftp://alerts.example.com", Process.WEB),
    ],
)
def test_what_the_file_itself_says_is_checked_in_every_process(old: str, new: str, process: Process):
    assert old in TEXT

    with pytest.raises(ConfigError):
        read(process, text=TEXT.replace(old, new))


def test_a_placeholder_never_becomes_text():
    secret = WithheldSecret("destinations.acme.auth.basic.access_key")

    for use in (str, "{}".format, "{:>10}".format, reveal):
        with pytest.raises(SecretWithheldError, match=r"acme\.auth\.basic\.access_key is a secret of other"):
            use(secret)
    assert reveal("value") == "value"


def test_comparing_the_admin_key_needs_the_webs_secrets():
    check_admin_key(read(Process.WEB), Settings(admin_key=KEY))
    with pytest.raises(SecretWithheldError):
        check_admin_key(read(Process.WORKER), Settings(admin_key=KEY))


OIDC = {
    "RELAY_OIDC_ISSUER": "https://login.example.com",
    "RELAY_OIDC_CLIENT_ID": "relay",
    "RELAY_OIDC_ROLES": "ops=operator",
    "RELAY_PUBLIC_URL": "https://relay.example.com",
    "RELAY_SECRET_KEYS": KEY + KEY,
}


def test_the_client_secret_of_the_provider_is_required_of_workers_only():
    for process in (Process.WEB, Process.COMMAND):
        assert isinstance(Settings.from_env(OIDC, process).oidc_client_secret, WithheldSecret)
    for process in (Process.WORKER, Process.ALL):
        with pytest.raises(SettingsError, match="RELAY_OIDC_CLIENT_SECRET: is required"):
            Settings.from_env(OIDC, process)


def test_a_worker_never_reads_the_admin_key(tmp_path: Path):
    environ = {"RELAY_ADMIN_KEY_FILE": str(tmp_path / "missing")}

    assert isinstance(Settings.from_env(environ, Process.WORKER).admin_key, WithheldSecret)
    with pytest.raises(SettingsError, match="RELAY_ADMIN_KEY"):
        Settings.from_env(environ, Process.WEB)


def secret_fields(schema: Schema, path: str = "") -> list[str]:
    """The path of every field of the file that holds a secret."""
    paths = []
    for name, field in schema.fields.items():
        here = f"{path}.{name}".lstrip(".")
        item = (
            field.inner
            if isinstance(field, schema_fields.List) and not isinstance(field, OpenList)
            else field
        )
        if isinstance(item, SecretText | ApiKey | Secret):
            paths.append(here)
        elif isinstance(item, NamedSections):
            paths += secret_fields(item.schema, f"{here}.x")
        elif isinstance(item, schema_fields.Nested):
            paths += secret_fields(item.schema, here)
    return paths


def test_every_secret_of_the_file_belongs_to_one_process():
    paths = secret_fields(ConfigSchema())

    assert len(paths) == 10
    assert [path for path in paths if find_reader(path) is None] == []


def test_the_documentation_says_which_process_reads_what():
    page = Path(__file__).parents[2].joinpath("docs", "configuration.md").read_text("utf-8")
    table = page.split("### Which process reads which secret")[1].split("\n## ")[0].splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in table if line.startswith("| `")]
    documented = {name.strip("`"): (web == "yes", worker == "yes") for name, web, worker in rows}

    secrets = {
        variable_name(item): item.metadata["readers"] for item in fields(Settings) if item.metadata["secret"]
    }
    expected = {
        name: (Process.WEB in readers, Process.WORKER in readers) for name, readers in secrets.items()
    }
    for path in secret_fields(ConfigSchema()):
        reader = find_reader(path)
        expected[path.replace(".x.", ".NAME.")] = (reader is Process.WEB, reader is Process.WORKER)
    assert documented == expected | {"stores.NAME.url": (True, True)}
