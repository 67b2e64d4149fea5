"""The network policies and routes hold the relay to what it promises: who reaches it, and whom it reaches."""

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


def rules(name: str, policy: str, way: str) -> list[Object]:
    return list(named(case(name), "NetworkPolicy", policy)["spec"][way])


def ports(found: list[Object]) -> set[Any]:
    return {port["port"] for rule in found for port in rule["ports"]}


@pytest.mark.parametrize("name", CASES)
def test_every_pod_that_stays_is_held_both_ways(name: str):
    found = case(name)
    policies = [each["spec"] for each in of_kind(found, "NetworkPolicy")]
    for owner, labels, _ in pods(found):
        if owner.startswith("Pod/"):
            continue
        held = [each for each in policies if each["podSelector"]["matchLabels"].items() <= labels.items()]
        assert [sorted(each["policyTypes"]) for each in held] == [["Egress", "Ingress"]], owner


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("minimal", {53, 6379}),
        ("production", {53, 6380}),
        ("stores", {53, 6379, 26379}),
        ("valkey", {53, 6379}),
    ],
)
def test_the_web_reaches_names_and_the_store_and_nothing_else(name: str, reached: set[Any]):
    assert ports(rules(name, WEB, "egress")) == reached


@pytest.mark.parametrize("name", ["minimal", "valkey", "stores"])
def test_workers_reach_names_the_store_and_gong(name: str):
    beyond = [rule for rule in rules(name, WORKER, "egress") if rule not in rules(name, WEB, "egress")]

    assert [rule["ports"] for rule in beyond] == [[HTTPS]]


def test_workers_reach_no_private_address_as_if_it_were_gong():
    [gong] = [rule for rule in rules("minimal", WORKER, "egress") if rule["ports"] == [HTTPS]]
    kept_out = {network for to in gong["to"] for network in to["ipBlock"]["except"]}

    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7"} <= kept_out


def test_with_a_proxy_workers_reach_it_and_not_gong():
    beyond = [r for r in rules("production", WORKER, "egress") if r not in rules("production", WEB, "egress")]
    [container] = named(case("production"), "Deployment", WORKER)["spec"]["template"]["spec"]["containers"]
    told = {each["name"]: each.get("value") for each in container["env"]}

    assert [rule["ports"] for rule in beyond] == [[{"port": 3128}]]
    assert (told["HTTPS_PROXY"], told["RELAY_TRUST_ENV"]) == ("http://egress.network.svc:3128", "true")


@pytest.mark.parametrize("name", ["minimal", "production", "stores"])
def test_workers_can_be_reached_for_their_metrics_only(name: str):
    [rule] = rules(name, WORKER, "ingress")

    assert rule["ports"] == [{"port": "metrics"}]
    assert rule["from"]


def test_operations_are_reached_by_those_who_were_named_and_by_nobody_else():
    endpoints, operations = rules("production", WEB, "ingress")

    assert (ports([endpoints]), ports([operations])) == ({"http"}, {"operations"})
    assert "ingress-nginx" in json.dumps(endpoints["from"])
    assert "ingress-nginx" not in json.dumps(operations["from"])


def test_without_a_word_operations_are_reached_from_the_namespace_only():
    [_, operations] = rules("minimal", WEB, "ingress")

    assert operations["from"] == [{"podSelector": {}}]


def test_valkey_is_reached_by_the_relay_and_reaches_nobody():
    [rule] = rules("valkey", "relay-valkey", "ingress")
    reachers = {peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for peer in rule["from"]}

    assert (reachers, rules("valkey", "relay-valkey", "egress")) == ({"web", "worker"}, [])


def paths(found: list[Object]) -> list[tuple[str, str]]:
    ways = [
        (path["path"], path["pathType"])
        for each in of_kind(found, "Ingress")
        if each["metadata"]["name"] == "relay-endpoints"
        for path in each["spec"]["rules"][0]["http"]["paths"]
    ]
    return ways + [
        (match["path"]["value"], match["path"]["type"].replace("PathPrefix", "Prefix"))
        for each in of_kind(found, "HTTPRoute")
        if each["metadata"]["name"] == "relay-endpoints"
        for match in each["spec"]["rules"][0]["matches"]
    ]


def passes(path: str, ways: list[tuple[str, str]]) -> bool:
    return any(path == way or (kind == "Prefix" and path.startswith(f"{way}/")) for way, kind in ways)


@pytest.mark.parametrize("name", ["production", "stores"])
def test_senders_get_through_to_every_endpoint_and_to_nothing_else_that_answers_there(
    name: str, redis: Redis
):
    """A path below /v1/events that is an operator's gets through, and is refused by the port that it comes to."""
    rules = {rule.rule for rule in create_app(Settings(), Config({}, {}), redis).url_map.iter_rules()}
    through = {rule for rule in rules if passes(rule, paths(case(name)))}
    partners = {rule for rule in rules if is_partner_route(rule)}

    assert partners <= through
    assert {rule for rule in through - partners if not rule.startswith("/v1/events/<event_id>")} == set()


def test_the_endpoints_and_operations_have_services_of_their_own():
    found = case("production")
    services = {each["metadata"]["name"]: each["spec"]["ports"] for each in of_kind(found, "Service")}

    assert [port["targetPort"] for port in services["relay-web"]] == ["http"]
    assert [port["targetPort"] for port in services["relay-operations"]] == ["operations"]


def test_policies_can_be_left_to_others():
    off = objects(values_of("minimal") | {"networkPolicy": {"enabled": False}})

    assert not of_kind(off, "NetworkPolicy")
