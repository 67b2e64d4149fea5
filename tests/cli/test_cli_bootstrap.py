"""What `up` prepares: secrets once, URLs at each start, and a starter that overwrites no file."""

import stat
from pathlib import Path

from relay.cli.env_file import read_env_file, write_env_file
from relay.cli.up.bootstrap import ServerUrls, child_environ, prepare_settings, write_starter
from relay.settings import Settings

HERE = ServerUrls(
    redis="unix:///data/valkey.sock", relay="http://127.0.0.1:8080", sandbox="http://127.0.0.1:8090"
)
GENERATED = {
    "QUICKSTART_KEY",
    "SANDBOX_ACCESS_KEY",
    "SANDBOX_ACCESS_KEY_SECRET",
    "RELAY_ADMIN_KEY",
    "RELAY_SECRET_KEYS",
}


def test_the_prepared_settings_are_valid():
    settings = Settings.from_env(prepare_settings({}, {}, HERE))

    assert settings.redis_url == HERE.redis
    assert settings.allow_gong_hosts == {"127.0.0.1:8090"}
    assert settings.config == str(Path("relay.yaml").resolve())
    assert settings.admin_key
    assert settings.secret_keys


def test_secrets_are_generated_once_and_differ_between_machines():
    first = prepare_settings({}, {}, HERE)
    second = prepare_settings({}, first, HERE)
    elsewhere = prepare_settings({}, {}, HERE)

    assert {name for name in first if second[name] == first[name]} == set(first)
    assert {name for name in first if elsewhere[name] != first[name]} == GENERATED


def test_urls_are_those_of_the_current_run():
    moved = ServerUrls("unix:///elsewhere.sock", "http://127.0.0.1:9000", "http://127.0.0.1:9090")
    saved = prepare_settings({}, prepare_settings({}, {}, HERE), moved)

    assert saved["RELAY_REDIS_URL"] == moved.redis
    assert saved["RELAY_PUBLIC_URL"] == moved.relay
    assert saved["RELAY_ALLOW_GONG_HOSTS"] == "127.0.0.1:8090,127.0.0.1:9090"


def test_the_operators_variables_override_the_prepared_ones():
    environ_given = {
        "RELAY_CONFIG": "mine.yaml",
        "RELAY_ADMIN_KEY": "mine",
        "RELAY_PUBLIC_URL": "https://relay.example",
    }
    saved = prepare_settings(environ_given, {}, HERE)
    environ = child_environ(environ_given, saved)

    assert environ["RELAY_ADMIN_KEY"] == "mine"
    assert environ["RELAY_PUBLIC_URL"] == "https://relay.example"
    assert environ["RELAY_CONFIG"] == str(Path("mine.yaml").resolve())


def test_the_operators_own_secrets_are_not_saved():
    assert "mine" not in prepare_settings({"RELAY_ADMIN_KEY": "mine"}, {}, HERE).values()


def test_the_sandbox_is_added_to_the_allowed_hosts():
    environ_given = {"RELAY_ALLOW_GONG_HOSTS": "gateway.internal"}
    environ = child_environ(environ_given, prepare_settings(environ_given, {}, HERE))

    assert environ["RELAY_ALLOW_GONG_HOSTS"] == "gateway.internal,127.0.0.1:8090"


def test_a_redis_url_from_a_file_is_not_saved():
    environ_given = {"RELAY_REDIS_URL_FILE": "/run/secrets/redis"}
    earlier = prepare_settings({}, {}, HERE)
    saved = prepare_settings(environ_given, earlier, ServerUrls(None, HERE.relay, HERE.sandbox))

    assert "RELAY_REDIS_URL" not in child_environ(environ_given, saved)


def test_the_env_file_is_private_and_can_be_read_back(tmp_path: Path):
    values = {"A": "1", "B": "x=y z", "C": ""}
    path = tmp_path / "env"
    write_env_file(path, {"OLD": "1"})
    write_env_file(path, values)

    assert read_env_file(path) == values
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_missing_env_file_is_empty(tmp_path: Path):
    assert read_env_file(tmp_path / "env") == {}


def test_a_starter_is_written_only_if_there_is_no_file(tmp_path: Path):
    path = tmp_path / "relay.yaml"

    assert write_starter(path, HERE.sandbox)
    path.write_text("mine")
    assert not write_starter(path, HERE.sandbox)
    assert path.read_text() == "mine"
