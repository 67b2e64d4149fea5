"""The chart's objects are secure and consistent for all its value files: the checks an auditor would make."""

import base64
import json
import re
from typing import Any

import pytest

from tests.chart.rendering import (
    CASES,
    Object,
    case,
    containers,
    name_of,
    named,
    objects,
    of_kind,
    pods,
    values_of,
    workloads,
)

EVERY = [(name, case(name)) for name in CASES]
PODS = [pytest.param(spec, id=f"{n}:{w}") for n, release in EVERY for w, _, spec in pods(release)]
CONTAINERS = [pytest.param(spec, id=f"{n}:{w}") for n, release in EVERY for w, spec in containers(release)]
RELEASES = [pytest.param(release, id=name) for name, release in EVERY]


def selects(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return selector.items() <= labels.items()


@pytest.mark.parametrize("spec", PODS)
def test_a_pod_runs_unprivileged(spec: Object):
    security = spec["securityContext"]

    assert security["runAsNonRoot"]
    assert min(security["runAsUser"], security["runAsGroup"]) >= 10_000
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not any(spec.get(shared) for shared in ("hostNetwork", "hostPID", "hostIPC"))


@pytest.mark.parametrize("spec", PODS)
def test_a_pod_has_no_api_token_and_no_service_variables(spec: Object):
    assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (False, False)


@pytest.mark.parametrize("spec", PODS)
def test_a_pod_mounts_nothing_from_its_node(spec: Object):
    kinds = {kind for volume in spec.get("volumes", []) for kind in volume if kind != "name"}

    assert kinds <= {"configMap", "secret", "emptyDir", "persistentVolumeClaim"}


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_container_cannot_gain_privileges_or_write_to_its_image(container: Object):
    security = container["securityContext"]

    assert security["allowPrivilegeEscalation"] is False
    assert security["readOnlyRootFilesystem"] is True
    assert security["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_container_has_requests_and_a_memory_limit(container: Object):
    resources = container["resources"]

    assert {"cpu", "memory"} <= set(resources["requests"])
    assert "memory" in resources["limits"]


@pytest.mark.parametrize("container", CONTAINERS)
def test_no_shell_stands_between_a_signal_and_its_process(container: Object):
    assert (container.get("command") or ["none"])[0] not in {"sh", "bash", "/bin/sh", "/bin/bash"}


@pytest.mark.parametrize("container", CONTAINERS)
def test_no_image_uses_the_latest_tag(container: Object):
    assert re.search(r"(:(?!latest)[\w.-]+|@sha256:[0-9a-f]{64})$", container["image"])


@pytest.mark.parametrize("container", CONTAINERS)
def test_no_variable_is_set_twice(container: Object):
    names = [variable["name"] for variable in container.get("env", [])]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("container", CONTAINERS)
def test_no_secret_is_in_the_environment(container: Object):
    assert not [
        variable for variable in container.get("env", []) if "secretKeyRef" in variable.get("valueFrom", {})
    ]
    assert not [source for source in container.get("envFrom", []) if "secretRef" in source]


@pytest.mark.parametrize("spec", PODS)
def test_every_file_that_a_variable_names_is_mounted(spec: Object):
    files = {
        f"/etc/relay/secrets/{item['path']}"
        for volume in spec.get("volumes", [])
        for item in volume.get("secret", {}).get("items", [])
    }
    named_files = {
        variable["value"]
        for container in spec["containers"]
        for variable in container.get("env", [])
        if variable["name"].endswith("_FILE")
    }

    assert named_files <= files


@pytest.mark.parametrize("release", RELEASES)
def test_every_selector_matches_pods_and_none_uses_a_version(release: list[Object]):
    pod_labels = [dict(labels) for _, labels, _ in pods(release)]
    service_labels = [service["metadata"]["labels"] for service in of_kind(release, "Service")]
    for item in release:
        spec = item.get("spec", {})
        selector: Any = spec.get("selector") or spec.get("podSelector")
        if not selector:
            continue
        wanted = selector.get("matchLabels", selector)
        candidates = service_labels if item["kind"] == "ServiceMonitor" else pod_labels
        assert any(selects(wanted, labels) for labels in candidates), name_of(item)
        assert "app.kubernetes.io/version" not in wanted, name_of(item)


@pytest.mark.parametrize("release", RELEASES)
def test_a_workloads_selector_matches_its_own_pods_only(release: list[Object]):
    for workload in workloads(release):
        wanted = workload["spec"]["selector"]["matchLabels"]
        matches = [name for name, labels, _ in pods(release) if selects(wanted, dict(labels))]
        assert matches == [name_of(workload)]


@pytest.mark.parametrize("release", RELEASES)
def test_every_named_port_exists(release: list[Object]):
    ports = {port["name"] for _, spec in containers(release) for port in spec.get("ports", [])}
    service_ports = {
        service["metadata"]["name"]: {port["name"] for port in service["spec"]["ports"]}
        for service in of_kind(release, "Service")
    }
    for service in of_kind(release, "Service"):
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    for ingress in of_kind(release, "Ingress"):
        for path in ingress["spec"]["rules"][0]["http"]["paths"]:
            backend = path["backend"]["service"]
            assert backend["port"]["name"] in service_ports[backend["name"]]
    for policy in of_kind(release, "NetworkPolicy"):
        text = json.dumps(policy["spec"])
        assert set(re.findall(r'"port": "([a-z]+)"', text)) <= ports
    for monitor in of_kind(release, "PodMonitor"):
        assert {end["port"] for end in monitor["spec"]["podMetricsEndpoints"]} <= ports
    for monitor in of_kind(release, "ServiceMonitor"):
        assert {end["port"] for end in monitor["spec"]["endpoints"]} <= set().union(*service_ports.values())


@pytest.mark.parametrize("release", RELEASES)
def test_a_scaled_deployment_exists_and_sets_no_replicas(release: list[Object]):
    for scaler in of_kind(release, "HorizontalPodAutoscaler", "ScaledObject"):
        deployment = named(release, "Deployment", scaler["spec"]["scaleTargetRef"]["name"])
        assert "replicas" not in deployment["spec"]


@pytest.mark.parametrize("release", RELEASES)
def test_every_object_has_the_releases_namespace_and_label(release: list[Object]):
    for item in release:
        assert item["metadata"]["namespace"] == "events", name_of(item)
        if item["kind"] != "Secret":
            assert item["metadata"]["labels"]["app.kubernetes.io/instance"] == "relay", name_of(item)


def test_no_secret_is_in_a_configmap():
    """Secrets are references; the configuration file keeps its `${NAME}`."""
    release = case("production")
    text = json.dumps(of_kind(release, "ConfigMap"))

    assert "${ACME_SECRET}" in text
    assert not of_kind(release, "Secret")
    assert base64.b64encode(b"secret").decode() not in text


@pytest.mark.parametrize("deployment", ["relay-web", "relay-worker"])
def test_a_change_of_the_configuration_rolls_the_pods(deployment: str):
    values = values_of("minimal")
    before = named(objects(values), "Deployment", deployment)
    values["config"]["destinations"]["acme"]["limits"] = {"daily_share": "50%"}
    after = named(objects(values), "Deployment", deployment)

    checksums = {
        item["spec"]["template"]["metadata"]["annotations"]["checksum/config"] for item in (before, after)
    }
    assert len(checksums) == 2


def test_a_change_of_the_replicas_rolls_no_pod():
    values = values_of("minimal")
    before = named(objects(values), "Deployment", "relay-web")
    after = named(objects(values | {"web": {"replicas": 9}}), "Deployment", "relay-web")

    assert before["spec"]["template"] == after["spec"]["template"]


def test_a_single_pod_does_not_block_draining_its_node():
    assert not of_kind(case("sandbox"), "PodDisruptionBudget")
    assert len(of_kind(case("minimal"), "PodDisruptionBudget")) == 2
