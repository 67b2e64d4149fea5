"""Each pod gets only the secrets that its process reads, and Valkey never runs without a password."""

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import redis
from helm_python import HelmError

from relay.config.secret_scope import withholds
from relay.core.secret import Process
from relay.settings import Settings
from relay.settings_types import variable_name
from tests.chart.rendering import CASES, Object, named, objects, values_of
from tests.harness.processes import free_port
from tests.harness.waiting import eventually
from tests.valkey import Valkey

PROCESSES = {"web": Process.WEB, "worker": Process.WORKER}
WITH_CONFIG = [name for name in CASES if "config" in values_of(name)]
SETTINGS = {
    variable_name(item): item.metadata["readers"] for item in fields(Settings) if item.metadata["secret"]
}


def variables_of(node: Any, process: Process, path: str = "") -> Iterator[str]:
    """The variables of a configuration that a process reads, by the relay's own rule."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from variables_of(value, process, f"{path}.{key}".lstrip("."))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from variables_of(value, process, f"{path}[{index}]")
    elif isinstance(node, str) and not withholds(process, path):
        yield from re.findall(r"\$\{(\w+)\}", node)


def secrets_of(release: list[Object], component: str) -> tuple[set[str], set[str]]:
    """The variables that name a file in a pod, and the keys of the Secret that are mounted in it."""
    spec = named(release, "Deployment", f"relay-{component}")["spec"]["template"]["spec"]
    [container] = [item for item in spec["containers"] if item["name"] in PROCESSES]
    [volume] = [item for item in spec["volumes"] if item["name"] == "secrets"]
    names = {
        item["name"].removesuffix("_FILE") for item in container["env"] if item["name"].endswith("_FILE")
    }
    return names, {item["key"] for item in volume["secret"]["items"]}


def files_of(values: dict[str, Any]) -> dict[str, str]:
    """`secrets.files` with the chart's defaults below it, as Helm merges them."""
    defaults = {name: name for name in ("RELAY_ADMIN_KEY", "RELAY_SECRET_KEYS", "RELAY_REDIS_URL")}
    return defaults | values["secrets"].get("files", {})


@pytest.mark.parametrize("component", PROCESSES)
@pytest.mark.parametrize("case", WITH_CONFIG)
def test_a_pod_gets_exactly_the_secrets_that_its_process_reads(case: str, component: str):
    values, process = values_of(case), PROCESSES[component]
    files = files_of(values)
    expected = {name for name, readers in SETTINGS.items() if process in readers and name in files}
    expected |= set(variables_of(values["config"], process))

    names, keys = secrets_of(objects(values), component)

    assert names == expected
    assert keys == {files[name] for name in expected}


EVERY_SECRET: dict[str, Any] = {
    "stores": {"eu": {"url": "${BOTH_STORE}"}},
    "oauth": {"client_id": "a", "client_secret": "${WORKER_APP}", "client_secret_next": "${WORKER_APP_NEXT}"},
    "operators": {"keda": {"role": "viewer", "keys": ["${WEB_OPERATOR}", "${WEB_OPERATOR_NEXT}"]}},
    "alerts": {
        "receivers": {"ops": {"url": "https://${WORKER_HOST}/", "secret": "${WORKER_SIGN}"}},
        "heartbeat": {"url": "${WORKER_BEAT}"},
    },
    "destinations": {
        "acme": {
            "auth": {"basic": {"access_key": "${WORKER_KEY}", "access_key_secret": "${BOTH_REUSED}"}},
            "company": "${BOTH_COMPANY}",
        },
        "customer": {"auth": {"oauth": {}}},
    },
    "sources": {
        "api": {"destination": "acme", "keys": ["${WEB_SOURCE}"]},
        "hooks": {
            "destination": "acme",
            "verify": {
                "scheme": "custom",
                "prefix": "${BOTH_PREFIX}",
                "secrets": [{"secret": "${WEB_HOOK}"}, "${BOTH_REUSED}"],
            },
        },
    },
}


@pytest.mark.parametrize("component", PROCESSES)
def test_each_place_of_the_configuration_has_the_right_reader(component: str):
    values = values_of("minimal") | {"config": deepcopy(EVERY_SECRET)}
    every = set(re.findall(r"\$\{(\w+)\}", str(EVERY_SECRET)))
    files = {name: name.lower() for name in (*every, "RELAY_OIDC_CLIENT_SECRET")}
    values["secrets"] = {"existingSecret": "relay", "files": files}

    names, _ = secrets_of(objects(values), component)

    other = "WORKER" if component == "web" else "WEB"
    setting = "RELAY_ADMIN_KEY" if component == "web" else "RELAY_OIDC_CLIENT_SECRET"
    wanted = {name for name in every if not name.startswith(f"{other}_")}
    assert names == wanted | {"RELAY_SECRET_KEYS", "RELAY_REDIS_URL", setting}
    assert set(variables_of(EVERY_SECRET, PROCESSES[component])) == wanted


def test_only_web_and_workers_and_valkey_mount_a_secret():
    release = objects(values_of("sandbox"))
    mounted = {
        item["metadata"]["name"]: [
            volume["secret"]["items"]
            for volume in item["spec"]["template"]["spec"]["volumes"]
            if "secret" in volume
        ]
        for item in release
        if item["kind"] in {"Deployment", "StatefulSet"}
    }

    assert mounted["relay-sandbox"] == []
    assert mounted["relay-valkey"] == [[{"key": "valkey.conf", "path": "auth.conf"}]]


@pytest.mark.parametrize(
    ("secrets", "remedy"),
    [
        ({"files": {"TYPO": "x"}}, "secrets.files.TYPO is not used: config does not contain ${TYPO}"),
        ({"readers": {"ACME_KEY": "everyone"}}, "readers"),
        ({"readers": {"OTHER": "web"}}, "secrets.readers.OTHER has no file: add secrets.files.OTHER"),
    ],
)
def test_secrets_that_cannot_be_assigned_are_rejected(secrets: dict[str, Any], remedy: str):
    values = values_of("minimal")
    for name, entry in secrets.items():
        values["secrets"][name] = values["secrets"].get(name, {}) | entry

    with pytest.raises(HelmError, match=re.escape(remedy)):
        objects(values)


def test_an_existing_configmap_needs_the_readers_of_its_secrets():
    values = values_of("everything")
    del values["secrets"]["readers"]["ACME_KEY"]

    with pytest.raises(HelmError, match=r"secrets\.readers\.ACME_KEY is missing: the chart cannot see"):
        objects(values)


def test_a_reader_can_be_set_explicitly():
    values = values_of("minimal")
    values["secrets"]["readers"] = {"ACME_KEY": "both"}

    assert "ACME_KEY" in secrets_of(objects(values), "web")[0]


@pytest.mark.parametrize("policies", [True, False])
def test_valkey_always_has_a_password(*, policies: bool):
    values = values_of("valkey") | {"networkPolicy": {"enabled": policies}}
    release = objects(values)
    text = named(release, "ConfigMap", "relay-valkey")["data"]["valkey.conf"]

    assert "protected-mode yes" in text
    assert "include /etc/valkey-auth/auth.conf" in text
    for component in PROCESSES:
        assert "RELAY_REDIS_URL" in secrets_of(release, component)[0]


def test_valkey_without_a_password_is_rejected():
    values = values_of("valkey")
    values["valkey"]["authKey"] = ""

    with pytest.raises(HelmError, match="authKey"):
        objects(values)


def test_rendering_twice_gives_the_same_objects():
    assert objects(values_of("valkey")) == objects(values_of("valkey"))


@contextmanager
def chart_valkey(folder: Path, auth: str) -> Iterator[int]:
    """Run Valkey with the chart's own file, and with `auth` as the content of the Secret's key. Yields its port."""
    text = named(objects(values_of("valkey")), "ConfigMap", "relay-valkey")["data"]["valkey.conf"]
    (folder / "auth.conf").write_text(auth)
    (folder / "valkey.conf").write_text(
        text.replace("/etc/valkey-auth", str(folder)).replace("dir /data", f"dir {folder}")
    )
    port = free_port()
    command = [Valkey(folder).program, str(folder / "valkey.conf"), "--port", str(port)]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            eventually(lambda: "Ready to accept" in (folder / "log").read_text(), within=20, what="Valkey")
            yield port
        finally:
            server.terminate()


def own_address() -> str:
    """An address of this machine from which Valkey is not reached over the loopback interface's range."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has only loopback addresses")
        return str(probe.getsockname()[0])


def test_valkey_accepts_only_clients_with_the_password(tmp_path: Path):
    with chart_valkey(tmp_path, "requirepass the-password") as port:
        address = own_address()

        assert redis.Redis(address, port, password="the-password").ping()
        for client in (redis.Redis(address, port), redis.Redis(address, port, password="wrong")):
            with pytest.raises(redis.AuthenticationError):
                client.ping()


def test_valkey_with_an_empty_password_file_refuses_every_other_pod(tmp_path: Path):
    with (
        chart_valkey(tmp_path, "") as port,
        pytest.raises((redis.ConnectionError, redis.ResponseError), match=r"protected mode|closed"),
    ):
        redis.Redis(own_address(), port).ping()
