"""Memory of a queued and of a delivered event in the store, relative to its JSON, and which keys hold it.

`python -m bench.memory [--events 5000] [--bytes 600 2048] [--settings quickstart default]`. Posts each event in its own
request to `POST /v1/events`. The result is the growth of `used_memory` per event, divided by the bytes of the event
as compact JSON. `quickstart` is the server as `gong-relay up` starts it, `default` has the server's own defaults.
Then a worker delivers all events to a stand-in for Gong that accepts everything.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import orjson
from flask.testing import FlaskClient
from redis import Redis

from bench.aims import HEAD, Target
from bench.filling import delivered
from bench.machine import describe, free_port, listening, quickstart_options, running, until, valkey
from bench.sample import KEY, environment, event
from relay.app import create_app
from relay.config.load import load_config
from relay.log import configure
from relay.settings import Settings
from relay.store.engine import keys
from relay.store.engine.connection import WEB, WORKER, open_redis

MAX_RATIO = 2.2
WARM_UP = 20
PIPELINED = 1000
NO_KEYS = (0.0, 0.0)
TEXT = (
    "account annual approval audit billing board budget buyer campaign champion checklist cloud compare "
    "contract customer demo discount document download enterprise evaluation finance guide implementation "
    "integration invoice legal license manager migration onboarding overview partner pilot platform "
    "pricing procurement product proposal quarter quote reference region renewal report review roadmap "
    "sales security seller signature solution stakeholder support team terms timeline training trial "
    "usage value vendor video webinar workshop"
)


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes per event: in total, and by kind of key."""

    total: float
    kinds: Mapping[str, tuple[float, float]]
    """By name: keys per event, and bytes per event."""

    @property
    def rest(self) -> float:
        """Bytes that `MEMORY USAGE` attributes to no key: the key table and the expiry table."""
        return self.total - sum(size for _, size in self.kinds.values())


def payload(random: Random, number: int, size: int) -> bytes:
    """An event of exactly `size` bytes of compact JSON, padded with words and an id."""
    body: dict[str, Any] = event(f"{number}-{random.getrandbits(64):016x}")
    body["content"] = {"title": "Pricing and plans", "url": "https://www.example.com/pricing"}
    body["person"]["email"] = f"reader{number}@customer.example.com"
    body["properties"] = {"session": f"{random.getrandbits(128):032x}"}
    for name in ("referrer", "campaign", "section", "summary"):
        if (short := size - len(orjson.dumps(body))) > 40:
            body["properties"][name] = _text(random, min(short - len(name) - 6, 500))
    short = size - len(orjson.dumps(body))
    body["properties"]["session"] += "".join(random.choices("0123456789abcdef", k=short))
    raw = orjson.dumps(body)
    assert len(raw) == size, f"an event cannot be as short as {size} bytes: the shortest has {len(raw)}"
    return raw


def _text(random: Random, length: int) -> str:
    return " ".join(random.choices(TEXT.split(), k=length // 3))[:length]


def endpoint(environ: Mapping[str, str]) -> FlaskClient:
    """The web application, called without a socket."""
    settings = Settings.from_env(environ)
    configure("error")
    config = load_config(settings.config, environ={}, allow_hosts=settings.allow_gong_hosts)
    return create_app(settings, config, open_redis(settings.redis_url, WEB)).test_client()


def accept(web: FlaskClient, events: range, size: int) -> None:
    """Accept events, one per request."""
    random, headers = Random(events.start), {"Authorization": f"Bearer {KEY}"}
    for number in events:
        raw = payload(random, number, size)
        answer = web.post("/v1/events", data=raw, content_type="application/json", headers=headers)
        assert answer.status_code == 202, answer.text


def measure(redis: Redis, before: int, events: int) -> MemoryUse:
    """Memory per event since the store used `before` bytes for those of the warm-up."""
    kinds = {
        name: (keys / (events + WARM_UP), size / (events + WARM_UP))
        for name, (keys, size) in sizes(redis).items()
    }
    return MemoryUse((used(redis) - before) / events, kinds)


def used(redis: Redis) -> int:
    return int(redis.info("memory")["used_memory"])


def sizes(redis: Redis) -> dict[str, tuple[int, int]]:
    """Number of keys and bytes by kind of key. Every element is counted, not sampled."""
    number: Counter[str] = Counter()
    size: Counter[str] = Counter()
    names = list(redis.scan_iter(count=PIPELINED))
    for start in range(0, len(names), PIPELINED):
        batch = names[start : start + PIPELINED]
        pipeline = redis.pipeline(transaction=False)
        for name in batch:
            pipeline.memory_usage(name, samples=0)
        for name, usage in zip(batch, pipeline.execute(), strict=True):
            number[kind(name.decode())] += 1
            size[kind(name.decode())] += usage or 0
    return {name: (number[name], size[name]) for name in number}


def kind(name: str) -> str:
    """The kind of a key: its prefix in `relay.store.engine.keys`, otherwise its first parts."""
    prefixes = (
        value for constant, value in vars(keys).items() if constant.isupper() and isinstance(value, str)
    )
    longest = max((prefix for prefix in prefixes if name.startswith(prefix)), key=len, default="")
    return longest or name.rpartition(":")[0] or name


def run_turn(folder: Path, settings: str, size: int, events: int) -> tuple[MemoryUse, MemoryUse]:
    """One size on one server. Returns the memory per event while queued, and once delivered."""
    options = quickstart_options() if settings == "quickstart" else {"appendonly": "yes"}
    with ExitStack() as stack:
        store = stack.enter_context(valkey(folder / "store", fsync="always", options=options))
        port = free_port()
        stack.enter_context(running(folder / "sink.log", "-m", "bench.sink", str(port), "0", environ={}))
        until(lambda: listening(port), "the sink listens", seconds=10)
        environ = environment(folder, store.url, f"http://127.0.0.1:{port}", ["acme"])
        redis = open_redis(store.url, WORKER)
        web = endpoint(environ)
        accept(web, range(WARM_UP), size)
        before = used(redis)
        accept(web, range(WARM_UP, WARM_UP + events), size)
        waiting = measure(redis, before, events)
        with running(folder / "worker.log", "-m", "workers", environ=environ):
            until(lambda: delivered(redis) == WARM_UP + events, "all events are delivered", seconds=60)
        return waiting, measure(redis, before, events)


def report(title: str, size: int, waiting: MemoryUse, ended: MemoryUse) -> None:
    """Print which keys hold the memory, and the target."""
    print(f"\n{title}, {size} bytes of JSON\n\n| key | queued: keys | bytes | delivered: keys | bytes |")
    print("| --- | --- | --- | --- | --- |")
    for name in _heaviest_first(waiting, ended):
        numbers = (number for use in (waiting, ended) for number in use.kinds.get(name, NO_KEYS))
        print("| {} | {:.2f} | {:.0f} | {:.2f} | {:.0f} |".format(name, *numbers))
    print(f"| key table and expiry table | | {waiting.rest:.0f} | | {ended.rest:.0f} |")
    print(f"| total | | {waiting.total:.0f} | | {ended.total:.0f} |")
    print(f"| x JSON | | {waiting.total / size:.2f} | | {ended.total / size:.2f} |\n\n{HEAD}")
    print(
        Target(f"memory of a queued event, x its {size} bytes of JSON", MAX_RATIO).row(waiting.total / size)
    )


def _heaviest_first(*states: MemoryUse) -> list[str]:
    """The kinds of keys that hold at least a byte per event, in either state."""
    most = Counter(
        {name: max(use.kinds.get(name, NO_KEYS)[1] for use in states) for use in states for name in use.kinds}
    )
    return [name for name, size in most.most_common() if size >= 1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--bytes", type=int, nargs="+", default=[600, 2048])
    parser.add_argument(
        "--settings", nargs="+", choices=("quickstart", "default"), default=["quickstart", "default"]
    )
    options = parser.parse_args()
    print(f"{describe()}; {options.events} events")
    for settings in options.settings:
        for size in options.bytes:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                report(f"{settings} server", size, *run_turn(Path(folder), settings, size, options.events))


if __name__ == "__main__":
    main()
