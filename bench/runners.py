"""The four contestants of the delivery benchmark: how to start each, give it calls, and see that it made them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
from redis import Redis
from rq import Queue

from bench.filling import delivered, open_filler
from bench.sample import gong_body
from tests.valkey import Valkey

THREADS = 128
COMPANIES = [f"company{number:03d}" for number in range(100)]


@dataclass(frozen=True, slots=True)
class Stage:
    """The environment of a turn: a fresh folder, an empty store, a Gong that accepts everything."""

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
    """One contestant. `share` is its share of the calls: slow contestants get fewer."""

    share: float
    command: Callable[[Stage], tuple[str, ...]]
    ready: Callable[[Stage], bool]
    queue_calls: Callable[[Stage, int], None]
    settled: Callable[[Stage, int], bool]


def _post_url(stage: Stage) -> str:
    return f"{stage.gong}/v2/digital-interaction"


def _write_calls(stage: Stage, count: int) -> None:
    part = stage.calls.with_suffix(".part")
    part.write_bytes(b"\n".join(orjson.dumps(gong_body(f"bare:{number}")) for number in range(count)))
    part.rename(stage.calls)


def _accept_events(stage: Stage, count: int) -> None:
    """Store events, the same number for each company."""
    filler = open_filler(stage.store.url)
    for name in COMPANIES:
        filler.fill(name, count // len(COMPANIES))


def _delivered(stage: Stage, count: int) -> bool:
    return delivered(stage.redis) >= count


def _enqueue_jobs(stage: Stage, count: int) -> None:
    queue = Queue("gong", connection=stage.redis, serializer="json")
    for number in range(count):
        queue.enqueue(
            "bench.stock.post", _post_url(stage), orjson.dumps(gong_body(f"bare:{number}")).decode()
        )


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
