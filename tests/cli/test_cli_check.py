"""The commands about configuration: their output and exit statuses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from relay.cli.main import main
from relay.config.api_keys import parse_digest, render_digest
from relay.config.json_schema import build_json_schema

SECRET = "a-secret-of-more-than-thirty-two-characters"
CONFIG = """
destinations:
  acme:
    auth: {basic: {access_key: k, access_key_secret: "${GONG_SECRET}"}}
    limits: {daily_share: 80%}
sources:
  web: {destination: acme, keys: ["${WEB_KEY}"]}
"""
RULE = """{name: all, to: digital-interaction, map: {timestamp: "{{ item.at }}", eventType: viewed,
  content: {contentTitle: Pricing}, person: {email: "{{ item.email }}"}}}"""
RIGHT = {"GONG_SECRET": SECRET, "WEB_KEY": SECRET}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "my.yaml").write_text(CONFIG)
    return tmp_path / "my.yaml"


def run(folder: Path, *arguments: str, **environ: str) -> Result:
    """Run the command with a data directory of its own."""
    variables = environ | {"COLUMNS": "200"}
    result = CliRunner().invoke(main, ["--data-dir", str(folder), *arguments], env=variables)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def document(result: Result) -> Any:
    return json.loads(result.stdout)


def test_a_valid_configuration_is_summarized_and_exits_with_0(config: Path, tmp_path: Path):
    result = run(tmp_path, "check", "--config", str(config), **RIGHT)

    assert result.exit_code == 0
    assert "8,000 per day" in result.stdout
    assert SECRET not in result.output


def test_an_invalid_configuration_is_reported_with_all_errors_and_exits_with_1(config: Path, tmp_path: Path):
    result = run(tmp_path, "check", "--config", str(config))

    assert result.exit_code == 1
    assert "2 errors in the configuration" in result.stdout
    assert "destinations.acme.auth.basic.access_key_secret: " in result.stdout
    assert "sources.web.keys[0]: " in result.stdout


def test_an_invalid_environment_is_reported_and_exits_with_1(config: Path, tmp_path: Path):
    result = run(tmp_path, "check", "--config", str(config), RELAY_NONSENSE="1", **RIGHT)

    assert result.exit_code == 1
    assert "RELAY_NONSENSE: is not a setting" in result.stdout


@pytest.mark.parametrize("before", [True, False])
def test_shared_options_can_precede_or_follow_the_command(config: Path, tmp_path: Path, before: bool):  # noqa: FBT001
    option = ["--config", str(config)]

    assert (
        run(tmp_path, *(option if before else []), "check", *([] if before else option), **RIGHT).exit_code
        == 0
    )


def test_check_prints_the_summary_as_json(config: Path, tmp_path: Path):
    page = document(run(tmp_path, "check", "--json", "--config", str(config), **RIGHT))

    assert page["ok"] is True
    assert page["destinations"]["acme"]["daily_budget"] == 8000
    assert page["sources"]["web"] == {
        "destination": "acme",
        "keys": 1,
        "send_as": "digital-interaction",
        "limits": {
            "store_share": 0.5,
            "events_per_minute": 60_000,
            "daily_share": None,
            "max_priority": "high",
        },
        "verify": None,
        "preset": None,
    }


def test_check_lists_the_limits_of_a_source_that_are_not_the_default(config: Path, tmp_path: Path):
    limits = "{daily_share: 40%, max_priority: low, store_share: 12.5%, events_per_minute: 1000}"
    config.write_text(
        f"{CONFIG}  hook: {{destination: acme, keys: ['sha256:{'0' * 64}'], limits: {limits}}}\n"
    )

    output = run(tmp_path, "check", "--config", str(config), **RIGHT).stdout
    texts = (
        "priority at most low",
        "at most 40% of each company's daily calls",
        "at most 12.5% of each store's memory",
        "at most 1,000 events per minute",
    )
    [line] = [line for line in output.splitlines() if "source hook" in line]
    assert line.endswith(", ".join(texts))


@pytest.mark.parametrize(
    ("scheme", "line"),
    [
        ('{scheme: github, secrets: ["${WEB_KEY}"]}', "webhook verified by github"),
        ("{scheme: none}", "webhook NOT VERIFIED: anyone can post"),
    ],
)
def test_check_shows_how_a_webhook_is_verified_and_warns_if_it_is_not(
    config: Path, tmp_path: Path, scheme: str, line: str
):
    config.write_text(f"{CONFIG}  hook: {{destination: acme, verify: {scheme}, rules: [{RULE}]}}\n")

    assert line in run(tmp_path, "check", "--config", str(config), **RIGHT).stdout


def test_a_sender_that_signs_the_url_requires_the_public_url(config: Path, tmp_path: Path):
    verify = 'verify: {scheme: hubspot, secrets: ["${WEB_KEY}"]}'
    config.write_text(f"{CONFIG}  crm: {{destination: acme, {verify}, rules: [{RULE}]}}\n")
    without = run(tmp_path, "check", "--config", str(config), **RIGHT)
    having = run(
        tmp_path,
        "check",
        "--config",
        str(config),
        RELAY_PUBLIC_URL="https://relay.acme.example",
        **RIGHT,
    )

    assert (without.exit_code, having.exit_code) == (1, 0)
    assert "RELAY_PUBLIC_URL: is required: the senders of crm sign" in without.stdout


def test_check_prints_problems_as_json_with_path_code_and_message(tmp_path: Path):
    result = run(tmp_path, "check", "--json", "--config", str(tmp_path / "gone.yaml"))

    assert result.exit_code == 1
    assert [set(problem) for problem in document(result)["problems"]] == [{"path", "code", "message"}]


def test_settings_are_listed_with_their_origin_and_without_secrets(tmp_path: Path):
    (tmp_path / "env").write_text(f"# a remark\nRELAY_ADMIN_KEY={SECRET}\nRELAY_MAX_ITEMS=7\n")
    environ = {"RELAY_LOG_LEVEL": "debug", "RELAY_MAX_ITEMS": "9"}
    result = run(tmp_path, "settings", "--json", **environ)
    rows = {row["name"]: row for row in document(result)["settings"]}

    assert (rows["RELAY_LOG_LEVEL"]["value"], rows["RELAY_LOG_LEVEL"]["from"]) == ("debug", "environment")
    assert (rows["RELAY_MAX_ITEMS"]["value"], rows["RELAY_MAX_ITEMS"]["from"]) == ("9", "environment")
    assert (rows["RELAY_ADMIN_KEY"]["value"], rows["RELAY_ADMIN_KEY"]["from"]) == (
        "********",
        str(tmp_path / "env"),
    )
    assert rows["RELAY_MAX_BODY_BYTES"]["from"] == "default"


def test_settings_are_explained_as_text(tmp_path: Path):
    result = run(tmp_path, "settings", RELAY_ADMIN_KEY=SECRET)

    assert "RELAY_ADMIN_KEY = ********   [environment]" in result.stdout
    assert "API key of the first administrator." in result.stdout
    assert SECRET not in result.output


def test_the_schema_is_printed(tmp_path: Path):
    assert document(run(tmp_path, "schema")) == build_json_schema()


def test_a_key_is_printed_with_its_configuration(tmp_path: Path):
    out = run(tmp_path, "key", "website").stdout
    [key] = re.findall(r"grly_\w+", out)
    [line] = re.findall(r"- (sha256:.*)", out)

    assert "  website:" in out
    assert line == render_digest(key)
    assert parse_digest(line)


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_an_operators_key_is_printed_with_its_role(tmp_path: Path, role: str):
    result = run(tmp_path, "key", "alice", "--role", role)

    assert result.exit_code == 0
    assert f"operators:\n  alice:\n    role: {role}\n" in result.stdout


def test_every_key_is_different(tmp_path: Path):
    keys = {document(run(tmp_path, "key", "website", "--json"))["key"] for _ in range(20)}

    assert len(keys) == 20


@pytest.mark.parametrize(
    "arguments",
    [
        ["key", "No Good"],
        ["key"],
        ["check", "--nonsense"],
        ["nonsense"],
        ["web", "--port", "0"],
        ["up", "--workers", "0"],
    ],
)
def test_a_usage_error_exits_with_2(tmp_path: Path, arguments: list[str]):
    assert run(tmp_path, *arguments).exit_code == 2


@pytest.mark.parametrize("name", sorted(main.commands))
def test_the_help_of_every_command_has_an_example(tmp_path: Path, name: str):
    result = run(tmp_path, name, "--help")

    assert result.exit_code == 0
    assert "Example: " in result.stdout
    assert "gong-relay" in result.stdout


def test_one_process_is_checked_without_the_secrets_of_others(config: Path, tmp_path: Path):
    web = run(tmp_path, "check", "--process", "web", "--config", str(config), WEB_KEY=SECRET)
    worker = run(
        tmp_path, "check", "--process", "worker", "--config", str(config), "--json", GONG_SECRET=SECRET
    )
    every = run(tmp_path, "check", "--config", str(config), WEB_KEY=SECRET)

    assert (web.exit_code, worker.exit_code, every.exit_code) == (0, 0, 1)
    assert "source web: to acme as digital-interaction, 1 key" in web.stdout
    assert document(worker)["sources"]["web"]["keys"] is None
    assert "neither GONG_SECRET nor GONG_SECRET_FILE" in every.stdout


def test_settings_of_one_process_say_which_secrets_it_does_not_read(tmp_path: Path):
    result = run(tmp_path, "settings", "--process", "worker", "--json", RELAY_ADMIN_KEY=SECRET)
    values = {row["name"]: row["value"] for row in document(result)["settings"]}

    assert values["RELAY_ADMIN_KEY"] == "(this process does not read it)"
