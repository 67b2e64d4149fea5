"""`POST /v1/destinations/{name}/probe`: a worker is asked, and the answer says what came of the probe before."""

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


def ask(client: FlaskClient, operator: Headers) -> dict[str, Any]:
    answer = client.post("/v1/destinations/acme/probe", headers=operator)
    assert answer.status_code == 202
    return dict(answer.get_json())


def to_be_probed(scripts: Scripts, redis: Redis) -> tuple[str, ...]:
    redis.delete(keys.SWEEP_LOCK)
    return sweep(scripts, SweepOptions(), Pacing()).probes


def test_what_is_asked_for_is_handed_to_one_worker_once(
    client: FlaskClient, operator: Headers, scripts: Scripts, redis: Redis
):
    assert ask(client, operator) == {"destination": "acme", "queued": True, "previous": None}
    ask(client, operator)

    assert [to_be_probed(scripts, redis) for _ in range(2)] == [("acme",), ()]


@pytest.mark.parametrize(
    ("probed", "remedy"),
    [
        (ProbeResult("passed", 400), None),
        (
            ProbeResult("blocked", 401, "expired", HoldCause.INVALID_CREDENTIALS),
            CAUSES[HoldCause.INVALID_CREDENTIALS].text,
        ),
        (ProbeResult("rate_limited", 429, "slow down"), "The company's limits at Gong are spent just now."),
        (ProbeResult("failed", None, "no answer in 20 s"), "Gong did not answer as Gong does."),
        (ProbeResult("not_configured"), "The worker's configuration does not hold this destination."),
    ],
    ids=lambda value: value.outcome if isinstance(value, ProbeResult) else "",
)
def test_the_last_probe_is_told_with_its_remedy(
    client: FlaskClient, operator: Headers, redis: Redis, probed: ProbeResult, remedy: str | None
):
    save_probe_result(redis, "acme", probed)

    last = ask(client, operator)["previous"]
    assert (last["outcome"], last["status"], last["detail"]) == (probed.outcome, probed.status, probed.detail)
    assert last["at"].endswith("Z")
    assert last["remedy"] == remedy or last["remedy"].startswith(remedy)


def test_a_destination_that_is_not_there_is_not_probed(client: FlaskClient, operator: Headers, redis: Redis):
    answer = client.post("/v1/destinations/nope/probe", headers=operator)

    assert (answer.status_code, answer.get_json()["code"]) == (404, "no_such_destination")
    assert redis.hgetall(keys.PROBE_REQUESTS) == {}
