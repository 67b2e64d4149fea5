"""What the chart makes is safe and fits together, whatever values it is given: policies that an auditor would ask for."""

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
PODS = [pytest.param(spec, id=f"{n}:{w}") for n, found in EVERY for w, _, spec in pods(found)]
CONTAINERS = [pytest.param(each, id=f"{n}:{w}") for n, found in EVERY for w, each in containers(found)]
RELEASES = [pytest.param(found, id=name) for name, found in EVERY]


def selects(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return selector.items() <= labels.items()


@pytest.mark.parametrize("spec", PODS)
def test_a_pod_is_nobody_on_its_node(spec: Object):
    security = spec["securityContext"]

    assert security["runAsNonRoot"]
    assert min(security["runAsUser"], security["runAsGroup"]) >= 10_000
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not any(spec.get(shared) for shared in ("hostNetwork", "hostPID", "hostIPC"))


@pytest.mark.parametrize("spec", PODS)
def test_a_pod_knows_neither_the_clusters_api_nor_its_neighbours_addresses(spec: Object):
    assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (False, False)


@pytest.mark.parametrize("spec", PODS)
def test_a_pod_mounts_nothing_of_its_node(spec: Object):
    kinds = {kind for volume in spec.get("volumes", []) for kind in volume if kind != "name"}

    assert kinds <= {"configMap", "secret", "emptyDir", "persistentVolumeClaim"}


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_container_can_neither_rise_nor_write_to_its_image(container: Object):
    security = container["securityContext"]

    assert security["allowPrivilegeEscalation"] is False
    assert security["readOnlyRootFilesystem"] is True
    assert security["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_container_says_what_it_needs_and_how_much_memory_it_gets(container: Object):
    resources = container["resources"]

    assert {"cpu", "memory"} <= set(resources["requests"])
    assert "memory" in resources["limits"]


@pytest.mark.parametrize("container", CONTAINERS)
def test_no_shell_is_needed_and_none_is_between_a_signal_and_its_process(container: Object):
    assert (container.get("command") or ["none"])[0] not in {"sh", "bash", "/bin/sh", "/bin/bash"}


@pytest.mark.parametrize("container", CONTAINERS)
def test_no_image_is_whatever_is_newest(container: Object):
    assert re.search(r"(:(?!latest)[\w.-]+|@sha256:[0-9a-f]{64})$", container["image"])


@pytest.mark.parametrize("container", CONTAINERS)
def test_no_variable_is_set_twice(container: Object):
    names = [told["name"] for told in container.get("env", [])]

    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("container", CONTAINERS)
def test_no_secret_stands_in_the_environment(container: Object):
    assert not [told for told in container.get("env", []) if "secretKeyRef" in told.get("valueFrom", {})]
    assert not [told for told in container.get("envFrom", []) if "secretRef" in told]


@pytest.mark.parametrize("spec", PODS)
def test_every_file_that_a_variable_names_is_mounted(spec: Object):
    files = {
        f"/etc/relay/secrets/{item['path']}"
        for volume in spec.get("volumes", [])
        for item in volume.get("secret", {}).get("items", [])
    }
    named_files = {
        told["value"]
        for container in spec["containers"]
        for told in container.get("env", [])
        if told["name"].endswith("_FILE")
    }

    assert named_files <= files


@pytest.mark.parametrize("found", RELEASES)
def test_every_selector_meets_pods_and_none_goes_by_a_version(found: list[Object]):
    labels = [dict(known) for _, known, _ in pods(found)]
    operations = [each["metadata"]["labels"] for each in of_kind(found, "Service")]
    for each in found:
        spec = each.get("spec", {})
        selector: Any = spec.get("selector") or spec.get("podSelector")
        if not selector:
            continue
        wanted = selector.get("matchLabels", selector)
        met = operations if each["kind"] == "ServiceMonitor" else labels
        assert [known for known in met if selects(wanted, known)], name_of(each)
        assert "app.kubernetes.io/version" not in wanted, name_of(each)


@pytest.mark.parametrize("found", RELEASES)
def test_a_workloads_selector_meets_its_own_pods_only(found: list[Object]):
    for each in workloads(found):
        wanted = each["spec"]["selector"]["matchLabels"]
        met = [name for name, labels, _ in pods(found) if selects(wanted, dict(labels))]
        assert met == [name_of(each)]


@pytest.mark.parametrize("found", RELEASES)
def test_every_port_that_is_named_exists(found: list[Object]):
    ports = {port["name"] for _, each in containers(found) for port in each.get("ports", [])}
    served = {
        each["metadata"]["name"]: {port["name"] for port in each["spec"]["ports"]}
        for each in of_kind(found, "Service")
    }
    for service in of_kind(found, "Service"):
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    for ingress in of_kind(found, "Ingress"):
        for path in ingress["spec"]["rules"][0]["http"]["paths"]:
            backend = path["backend"]["service"]
            assert backend["port"]["name"] in served[backend["name"]]
    for policy in of_kind(found, "NetworkPolicy"):
        told = json.dumps(policy["spec"])
        assert set(re.findall(r'"port": "([a-z]+)"', told)) <= ports
    for monitor in of_kind(found, "PodMonitor"):
        assert {end["port"] for end in monitor["spec"]["podMetricsEndpoints"]} <= ports
    for monitor in of_kind(found, "ServiceMonitor"):
        assert {end["port"] for end in monitor["spec"]["endpoints"]} <= set().union(*served.values())


@pytest.mark.parametrize("found", RELEASES)
def test_whoever_scales_a_deployment_finds_it_and_owns_its_replicas(found: list[Object]):
    for scaler in of_kind(found, "HorizontalPodAutoscaler", "ScaledObject"):
        deployment = named(found, "Deployment", scaler["spec"]["scaleTargetRef"]["name"])
        assert "replicas" not in deployment["spec"]


@pytest.mark.parametrize("found", RELEASES)
def test_everything_is_in_the_releases_namespace_and_says_whose_it_is(found: list[Object]):
    for each in found:
        assert each["metadata"]["namespace"] == "events", name_of(each)
        if each["kind"] != "Secret":
            assert each["metadata"]["labels"]["app.kubernetes.io/instance"] == "relay", name_of(each)


def test_no_secret_gets_into_a_configmap():
    """What a user gives as a secret is a reference; the file of the configuration keeps its `${NAME}`."""
    found = case("production")
    told = json.dumps(of_kind(found, "ConfigMap"))

    assert "${ACME_SECRET}" in told
    assert not of_kind(found, "Secret")
    assert base64.b64encode(b"secret").decode() not in told


@pytest.mark.parametrize("deployment", ["relay-web", "relay-worker"])
def test_a_change_of_the_configuration_rolls_the_pods(deployment: str):
    values = values_of("minimal")
    before = named(objects(values), "Deployment", deployment)
    values["config"]["destinations"]["acme"]["limits"] = {"daily_share": "50%"}
    after = named(objects(values), "Deployment", deployment)

    marks = [
        each["spec"]["template"]["metadata"]["annotations"]["checksum/config"] for each in (before, after)
    ]
    assert marks[0] != marks[1]


def test_a_change_of_how_many_there_are_rolls_no_pod():
    values = values_of("minimal")
    before = named(objects(values), "Deployment", "relay-web")
    after = named(objects(values | {"web": {"replicas": 9}}), "Deployment", "relay-web")

    assert before["spec"]["template"] == after["spec"]["template"]


def test_a_single_pod_is_not_nailed_to_its_node():
    assert not of_kind(case("sandbox"), "PodDisruptionBudget")
    assert len(of_kind(case("minimal"), "PodDisruptionBudget")) == 2
