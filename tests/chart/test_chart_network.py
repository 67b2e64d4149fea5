"""Network policies and routes: what can reach the relay, and what the relay can reach."""

import json
from typing import Any

import pytest
from redis import Redis

from relay.app import create_app
from relay.core.config import Config
from relay.settings import Settings
from relay.web.operations_port import is_partner_route
from tests.chart.rendering import CASES, Object, case, named, objects, of_kind, pods, values_of

WEB, WORKER = "relay-web", "relay-worker"
HTTPS = {"port": 443}


def rules(name: str, policy: str, direction: str) -> list[Object]:
    return list(named(case(name), "NetworkPolicy", policy)["spec"][direction])


def ports(policy_rules: list[Object]) -> set[Any]:
    return {port["port"] for rule in policy_rules for port in rule["ports"]}


@pytest.mark.parametrize("name", CASES)
def test_a_policy_restricts_both_directions_of_every_workload(name: str):
    release = case(name)
    policies = [policy["spec"] for policy in of_kind(release, "NetworkPolicy")]
    for owner, labels, _ in pods(release):
        if owner.startswith("Pod/"):
            continue
        matching = [spec for spec in policies if spec["podSelector"]["matchLabels"].items() <= labels.items()]
        assert [sorted(spec["policyTypes"]) for spec in matching] == [["Egress", "Ingress"]], owner


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("minimal", {53, 6379}),
        ("production", {53, 6380}),
        ("stores", {53, 6379, 26379}),
        ("valkey", {53, 6379}),
    ],
)
def test_the_web_reaches_only_dns_and_the_store(name: str, reached: set[Any]):
    assert ports(rules(name, WEB, "egress")) == reached


@pytest.mark.parametrize("name", ["minimal", "valkey", "stores"])
def test_workers_reach_dns_the_store_and_gong(name: str):
    beyond = [rule for rule in rules(name, WORKER, "egress") if rule not in rules(name, WEB, "egress")]

    assert [rule["ports"] for rule in beyond] == [[HTTPS]]


def test_the_gong_rule_excludes_private_addresses():
    [gong] = [rule for rule in rules("minimal", WORKER, "egress") if rule["ports"] == [HTTPS]]
    excluded = {network for to in gong["to"] for network in to["ipBlock"]["except"]}

    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7"} <= excluded


def test_with_a_proxy_workers_reach_the_proxy_and_not_gong():
    beyond = [r for r in rules("production", WORKER, "egress") if r not in rules("production", WEB, "egress")]
    [container] = named(case("production"), "Deployment", WORKER)["spec"]["template"]["spec"]["containers"]
    variables = {variable["name"]: variable.get("value") for variable in container["env"]}

    assert [rule["ports"] for rule in beyond] == [[{"port": 3128}]]
    assert (variables["HTTPS_PROXY"], variables["RELAY_TRUST_ENV"]) == (
        "http://egress.network.svc:3128",
        "true",
    )


@pytest.mark.parametrize("name", ["minimal", "production", "stores"])
def test_workers_accept_connections_for_metrics_only(name: str):
    [rule] = rules(name, WORKER, "ingress")

    assert rule["ports"] == [{"port": "metrics"}]
    assert rule["from"]


def test_only_the_listed_peers_reach_operations():
    endpoints, operations = rules("production", WEB, "ingress")

    assert (ports([endpoints]), ports([operations])) == ({"http"}, {"operations"})
    assert "ingress-nginx" in json.dumps(endpoints["from"])
    assert "ingress-nginx" not in json.dumps(operations["from"])


def test_by_default_only_the_namespace_reaches_operations():
    [_, operations] = rules("minimal", WEB, "ingress")

    assert operations["from"] == [{"podSelector": {}}]


def test_only_the_relay_reaches_valkey_and_valkey_reaches_nothing():
    [rule] = rules("valkey", "relay-valkey", "ingress")
    components = {peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for peer in rule["from"]}

    assert (components, rules("valkey", "relay-valkey", "egress")) == ({"web", "worker"}, [])


def paths(release: list[Object]) -> list[tuple[str, str]]:
    ingress_paths = [
        (path["path"], path["pathType"])
        for item in of_kind(release, "Ingress")
        if item["metadata"]["name"] == "relay-endpoints"
        for path in item["spec"]["rules"][0]["http"]["paths"]
    ]
    return ingress_paths + [
        (match["path"]["value"], match["path"]["type"].replace("PathPrefix", "Prefix"))
        for item in of_kind(release, "HTTPRoute")
        if item["metadata"]["name"] == "relay-endpoints"
        for match in item["spec"]["rules"][0]["matches"]
    ]


def passes(path: str, allowed: list[tuple[str, str]]) -> bool:
    return any(
        path == prefix or (kind == "Prefix" and path.startswith(f"{prefix}/")) for prefix, kind in allowed
    )


@pytest.mark.parametrize("name", ["production", "stores"])
def test_senders_reach_every_endpoint_and_nothing_else_on_that_host(name: str, redis: Redis):
    """An operator's path below /v1/events passes the route, and is refused by the port behind it."""
    rules = {
        rule.rule
        for rule in create_app(Settings(), Config(destinations={}, sources={}), redis).url_map.iter_rules()
    }
    routed = {rule for rule in rules if passes(rule, paths(case(name)))}
    partners = {rule for rule in rules if is_partner_route(rule)}

    assert partners <= routed
    assert {rule for rule in routed - partners if not rule.startswith("/v1/events/<event_id>")} == set()


def test_endpoints_and_operations_have_their_own_services():
    release = case("production")
    services = {item["metadata"]["name"]: item["spec"]["ports"] for item in of_kind(release, "Service")}

    assert [port["targetPort"] for port in services["relay-web"]] == ["http"]
    assert [port["targetPort"] for port in services["relay-operations"]] == ["operations"]


def test_network_policies_can_be_disabled():
    release = objects(values_of("minimal") | {"networkPolicy": {"enabled": False}})

    assert not of_kind(release, "NetworkPolicy")
