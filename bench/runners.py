"""The four contestants of the delivery bench: how each is started, given its calls, and seen to have made them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from redis import Redis
from rq import Queue

from bench.sample import event
from relay.config.load import load_config
from relay.intake.take_in import Arrival, Intake, take_in
from relay.store import keys
from relay.store.accepting import Retention
from relay.store.scripts import Scripts
from tests.valkey import Valkey

THREADS = 128


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a turn is played: a fresh folder, an empty store, a Gong that takes everything."""

    folder: Path
    store: Valkey
    redis: Redis
    gong: str
    environ: Mapping[str, str]

    @property
    def calls(self) -> Path:
        return self.folder / "calls.ndjson"


@dataclass(frozen=True, slots=True)
class Runner:
    """One contestant. `share` says which part of the calls it is given: what is slow is measured on fewer."""

    share: float
    command: Callable[[Stage], tuple[str, ...]]
    ready: Callable[[Stage], bool]
    lay_out: Callable[[Stage, int], None]
    settled: Callable[[Stage, int], bool]


def _post_url(stage: Stage) -> str:
    return f"{stage.gong}/v2/digital-interaction"


def _body(number: int) -> bytes:
    """The Gong body of the event, near enough: the same bytes to carry."""
    return orjson.dumps(event(f"bare:{number:016d}"))


def _write_calls(stage: Stage, count: int) -> None:
    part = stage.calls.with_suffix(".part")
    part.write_bytes(b"\n".join(_body(number) for number in range(count)))
    part.rename(stage.calls)


def _accept_events(stage: Stage, count: int) -> None:
    """As many events for each company, taken in as the door takes them."""
    hosts = {stage.environ["RELAY_ALLOW_GONG_HOSTS"]}
    config = load_config(stage.environ["RELAY_CONFIG"], environ={}, allow_hosts=hosts)
    scripts = Scripts(stage.redis)
    intake = Intake(config, scripts, Retention(), lambda: datetime.now(UTC), most_items=count)
    each = count // len(config.sources)
    for source in config.sources.values():
        raw = orjson.dumps([event(f"{source.name}-{number}") for number in range(each)])
        told = take_in(intake, Arrival(source, raw, "application/json", "bench"))
        assert told.body["queued"] == each, told.body


def _delivered(stage: Stage, count: int) -> bool:
    counts = stage.redis.hgetall(keys.COUNT)
    return sum(int(told) for name, told in counts.items() if name.endswith(b"|delivered")) >= count


def _enqueue_jobs(stage: Stage, count: int) -> None:
    queue = Queue("gong", connection=stage.redis, serializer="json")
    for number in range(count):
        queue.enqueue("bench.stock.post", _post_url(stage), _body(number).decode())


def _finished(stage: Stage, count: int) -> bool:
    return stage.redis.zcard("rq:finished:gong") >= count


def _has_worker(stage: Stage) -> bool:
    return stage.redis.scard("rq:workers") > 0


def _stock(worker_class: str) -> Callable[[Stage], tuple[str, ...]]:
    def command(stage: Stage) -> tuple[str, ...]:
        options = (
            "--worker-class",
            worker_class,
            "--serializer",
            "json",
            "--url",
            stage.store.url,
            "--quiet",
        )
        return ("-m", "rq.cli", "worker", *options, "gong")

    return command


RUNNERS = {
    "loop": Runner(
        1.0,
        lambda stage: ("-m", "bench.loop", _post_url(stage), str(stage.calls), str(THREADS)),
        lambda stage: stage.calls.with_suffix(".ready").exists(),
        _write_calls,
        lambda stage, _: stage.calls.with_suffix(".done").exists(),
    ),
    "relay": Runner(
        1.0, lambda _: ("-m", "workers", "--threads", str(THREADS)), _has_worker, _accept_events, _delivered
    ),
    "simple": Runner(0.03, _stock("rq.SimpleWorker"), _has_worker, _enqueue_jobs, _finished),
    "fork": Runner(0.02, _stock("rq.Worker"), _has_worker, _enqueue_jobs, _finished),
}
