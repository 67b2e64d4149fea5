"""`POST /v1/destinations/{name}/probe`: queue a probe, and show the result of the previous one."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis

from relay.core.lifecycle import CAUSES, HoldCause
from relay.store.delivery import Pacing, SweepOptions, sweep
from relay.store.engine import keys
from relay.store.engine.scripts import Scripts
from relay.store.holds import ProbeResult, save_probe_result

Headers = dict[str, str]


def request_probe(client: FlaskClient, operator: Headers) -> dict[str, Any]:
    response = client.post("/v1/destinations/acme/probe", headers=operator)
    assert response.status_code == 202
    return dict(response.get_json())


def sweep_probes(scripts: Scripts, redis: Redis) -> tuple[str, ...]:
    redis.delete(keys.SWEEP_LOCK)
    return sweep(scripts, SweepOptions(), Pacing()).probes


def test_a_probe_is_assigned_to_one_worker_once(
    client: FlaskClient, operator: Headers, scripts: Scripts, redis: Redis
):
    assert request_probe(client, operator) == {"destination": "acme", "queued": True, "previous": None}
    request_probe(client, operator)

    assert [sweep_probes(scripts, redis) for _ in range(2)] == [("acme",), ()]


@pytest.mark.parametrize(
    ("result", "remedy"),
    [
        (ProbeResult("passed", 400), None),
        (
            ProbeResult("blocked", 401, "expired", HoldCause.INVALID_CREDENTIALS),
            CAUSES[HoldCause.INVALID_CREDENTIALS].text,
        ),
        (ProbeResult("rate_limited", 429, "slow down"), "Gong's limits for the company are used up."),
        (ProbeResult("failed", None, "no answer in 20 s"), "No valid response from Gong."),
        (ProbeResult("not_configured"), "The worker's configuration does not have this destination."),
    ],
    ids=lambda value: value.outcome if isinstance(value, ProbeResult) else "",
)
def test_the_previous_probe_has_its_result_and_remedy(
    client: FlaskClient, operator: Headers, redis: Redis, result: ProbeResult, remedy: str | None
):
    save_probe_result(redis, "acme", result)

    previous = request_probe(client, operator)["previous"]
    assert (previous["outcome"], previous["status"], previous["detail"]) == (
        result.outcome,
        result.status,
        result.detail,
    )
    assert previous["at"].endswith("Z")
    assert previous["remedy"] == remedy or previous["remedy"].startswith(remedy)


def test_an_unknown_destination_is_not_probed(client: FlaskClient, operator: Headers, redis: Redis):
    response = client.post("/v1/destinations/nope/probe", headers=operator)

    assert (response.status_code, response.get_json()["code"]) == (404, "no_such_destination")
    assert redis.hgetall(keys.PROBE_REQUESTS) == {}
