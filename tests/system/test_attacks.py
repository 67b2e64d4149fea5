"""No single request and no flood of connections silences or fills a web process, and others are served meanwhile."""

from collections.abc import Iterator

import pytest

from relay.file_limit import raise_file_limit
from tests.harness.attacks import (
    ATTACKER,
    ATTACKS,
    NEIGHBOR,
    SETTINGS,
    Attack,
    source_config,
)
from tests.harness.stack import Launch, Plan, Stack
from tests.harness.watch import watching

pytestmark = pytest.mark.slow

MAX_SILENCE_SECONDS = 0.5
MAX_MB = 200


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    raise_file_limit()
    plan = Plan([ATTACKER, NEIGHBOR], SETTINGS, workers=0, config=source_config())
    with launch(plan) as stack:
        yield stack


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_neither_silences_nor_fills_the_web_process(stack: Stack, attack: Attack):
    with watching(stack, NEIGHBOR) as results:
        attack.run(stack)

    [watch] = results
    # Without what the machine did, so that a busy machine does not fail this test; `make attacks` prints the whole time.
    assert watch.own_seconds <= MAX_SILENCE_SECONDS, watch
    assert watch.peak_mb <= MAX_MB, watch
    assert watch.posted, watch
    assert not watch.rejected, watch
