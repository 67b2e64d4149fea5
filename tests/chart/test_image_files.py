"""The files that the image is built from, and its locks compared with the project's."""

import json
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
import redis
import yaml

from relay.cli.main import main
from relay.core.secret import Process
from relay.core.version import VERSION
from relay.settings import Settings
from relay.settings_types import variable_name
from tests.chart.rehearsal import PROJECT, USER, instructions
from tests.harness.processes import free_port
from tests.harness.waiting import eventually
from tests.valkey import Valkey

HADOLINT = Path(sys.executable).with_name("hadolint")


def pins(name: str) -> dict[str, str]:
    text = (PROJECT / name).read_text("utf-8")
    return dict(re.findall(r"^([\w.-]+)(?:\[.*?\])?==([^\s;]+)", text, re.MULTILINE))


def test_hadolint_reports_nothing():
    done = subprocess.run([HADOLINT, "Dockerfile"], cwd=PROJECT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_contains_the_tested_versions():
    runtime, tested = pins("docker/runtime.lock"), pins("requirements.lock")

    assert runtime.items() <= tested.items()


def test_every_dependency_is_in_the_image():
    wanted = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = wanted["optional-dependencies"]
    dependencies = [*wanted["dependencies"], *extras["otel"], *extras["oidc"]]
    names = {re.split(r"[\[<>=~ ]", dependency)[0].lower() for dependency in dependencies}

    assert names <= set(pins("docker/runtime.lock"))


@pytest.mark.parametrize(
    "name", ["docker/runtime.lock", "docker/build.lock", "tests/chart/requirements.lock"]
)
def test_every_package_of_a_lock_has_its_hashes(name: str):
    text = (PROJECT / name).read_text("utf-8")
    packages = re.findall(r"^[\w.-]+==.*?(?=^[\w.-]+==|\Z)", text, re.MULTILINE | re.DOTALL)

    assert packages
    assert [package.splitlines()[0] for package in packages if "--hash=sha256:" not in package] == []


def test_the_image_runs_as_an_unprivileged_numeric_user():
    assert dict(instructions("relay"))["USER"] == f"{USER}:{USER}"


def test_no_command_of_the_image_needs_a_shell():
    for stage in ("build", "relay"):
        for word, rest in instructions(stage):
            if word in {"RUN", "CMD", "ENTRYPOINT"}:
                assert isinstance(json.loads(rest), list), rest
            if word == "HEALTHCHECK":
                assert isinstance(json.loads(rest.partition(" CMD ")[2]), list)


def test_the_image_starts_an_existing_command():
    lines = dict(instructions("relay"))

    assert json.loads(lines["ENTRYPOINT"]) == ["gong-relay"]
    assert json.loads(lines["CMD"])[0] in main.commands


def test_the_image_names_its_version():
    assert ("ARG", f"VERSION={VERSION}") in list(instructions("relay"))


def test_dockerignore_lets_copied_files_through():
    let_through = re.findall(r"^!(\S+)$", (PROJECT / ".dockerignore").read_text("utf-8"), re.MULTILINE)
    sources = {part for word, rest in instructions("build") if word == "COPY" for part in rest.split()[:-1]}

    assert {
        source for source in sources if not any(Path(source).match(pattern) for pattern in let_through)
    } == set()


def compose() -> dict:
    return dict(yaml.safe_load((PROJECT / "compose.yaml").read_text("utf-8")))


def test_every_compose_service_of_the_relay_runs_an_existing_command():
    services = compose()["services"]
    ours = {name: service["command"][0] for name, service in services.items() if "build" in service}

    assert ours == {"web": "web", "worker": "worker", "sandbox": "sandbox"}
    assert set(ours.values()) <= set(main.commands)


def compose_secrets(service: str) -> set[str]:
    return set(compose()["services"][service].get("secrets", []))


@pytest.mark.parametrize("name", ["web", "worker", "sandbox"])
def test_compose_passes_every_secret_as_a_file(name: str):
    variables = compose()["services"][name]["environment"]
    files = {name.removesuffix("_FILE"): path for name, path in variables.items() if name.endswith("_FILE")}

    assert files == {secret: f"/run/secrets/{secret}" for secret in compose_secrets(name)}


def test_compose_gives_each_service_only_its_own_secrets():
    settings = {variable_name(item): item.metadata["readers"] for item in fields(Settings)}
    for name, process in (("web", Process.WEB), ("worker", Process.WORKER)):
        ours = {secret for secret in compose_secrets(name) if secret in settings}
        assert ours <= {secret for secret, readers in settings.items() if process in readers}

    assert compose_secrets("web") & compose_secrets("worker") == {"RELAY_REDIS_URL", "RELAY_SECRET_KEYS"}
    assert compose_secrets("valkey") == {"valkey.conf"}
    assert not compose_secrets("sandbox")
    assert set(compose()["secrets"]) == set().union(*map(compose_secrets, compose()["services"]))


def test_composes_valkey_always_has_a_password():
    valkey = compose()["services"]["valkey"]
    options = " ".join(valkey["command"])

    assert valkey["command"][:2] == ["valkey-server", "/run/secrets/valkey.conf"]
    assert "--protected-mode yes" in options
    assert "RELAY_REDIS_URL" not in compose()["services"]["web"]["environment"]


def test_composes_valkey_starts_with_its_options_and_the_password(tmp_path: Path):
    (tmp_path / "valkey.conf").write_text("requirepass the-password\n")
    options = compose()["services"]["valkey"]["command"][2:]
    options[options.index("--dir") + 1] = str(tmp_path)
    port = free_port()
    command = [Valkey(tmp_path).program, str(tmp_path / "valkey.conf"), *options, "--port", str(port)]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        eventually(lambda: "Ready to accept" in (tmp_path / "log").read_text(), within=20, what="Valkey")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=port).ping()
        client = redis.Redis(port=port, password="the-password")
        settings = client.config_get("appendfsync", "protected-mode", "maxmemory-policy")
        server.terminate()

    assert settings == {"appendfsync": "always", "protected-mode": "yes", "maxmemory-policy": "noeviction"}


def test_every_compose_service_is_unprivileged_and_cannot_write_to_its_image():
    for name, service in compose()["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert compose()["services"]["valkey"]["user"] == "valkey"


def test_compose_gives_the_web_no_route_to_gong():
    project = compose()
    networks = {name: set(service["networks"]) for name, service in project["services"].items()}

    assert "gong" not in networks["web"]
    assert project["networks"]["store"]["internal"]
    assert networks["worker"] == {"store", "gong"}


def test_the_procfile_names_existing_commands():
    lines = (PROJECT / "Procfile").read_text("utf-8").splitlines()
    processes = dict(line.split(": ", 1) for line in lines)

    assert processes == {
        "release": "gong-relay check",
        "web": "gong-relay web",
        "worker": "gong-relay worker",
    }
    assert {command.split()[1] for command in processes.values()} <= set(main.commands)
