"""How much memory a queued event takes in the store, and a delivered one, beside its JSON; and which keys hold it.

`python -m bench.memory [--events 5000] [--bytes 600 2048] [--settings quickstart default]`. Each event is a request of
its own to `POST /v1/events`. The figure is the growth of `used_memory` for each event, divided
by the bytes of the event as compact JSON. `quickstart` is the server as `gong-relay up` starts it, `default` one with
the server's own defaults. Then a worker delivers all of it to a Gong that takes everything.
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

from bench.aims import HEAD, Aim
from bench.filling import delivered
from bench.machine import describe, free_port, listening, quickstart_options, running, until, valkey
from bench.sample import KEY, environment, event
from relay.app import create_app
from relay.config.load import load_config
from relay.log import configure
from relay.settings import Settings
from relay.store.engine import keys
from relay.store.engine.connection import WEB, WORKER, open_redis

AIM = 2.2
WARM_UP = 20
PIPELINED = 1000
NOTHING = (0.0, 0.0)
TEXT = (
    "account annual approval audit billing board budget buyer campaign champion checklist cloud compare "
    "contract customer demo discount document download enterprise evaluation finance guide implementation "
    "integration invoice legal license manager migration onboarding overview partner pilot platform "
    "pricing procurement product proposal quarter quote reference region renewal report review roadmap "
    "sales security seller signature solution stakeholder support team terms timeline training trial "
    "usage value vendor video webinar workshop"
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """Bytes for each event: all of them, and by kind of key."""

    total: float
    kinds: Mapping[str, tuple[float, float]]
    """By name: keys for each event, and bytes for each event."""

    @property
    def rest(self) -> float:
        """What `MEMORY USAGE` counts for no key: the tables that find keys and expire them."""
        return self.total - sum(size for _, size in self.kinds.values())


def payload(random: Random, number: int, size: int) -> bytes:
    """An event of exactly `size` bytes of compact JSON, filled up with words and an id."""
    told: dict[str, Any] = event(f"{number}-{random.getrandbits(64):016x}")
    told["content"] = {"title": "Pricing and plans", "url": "https://www.example.com/pricing"}
    told["person"]["email"] = f"reader{number}@customer.example.com"
    told["properties"] = {"session": f"{random.getrandbits(128):032x}"}
    for name in ("referrer", "campaign", "section", "summary"):
        if (short := size - len(orjson.dumps(told))) > 40:
            told["properties"][name] = _text(random, min(short - len(name) - 6, 500))
    short = size - len(orjson.dumps(told))
    told["properties"]["session"] += "".join(random.choices("0123456789abcdef", k=short))
    raw = orjson.dumps(told)
    assert len(raw) == size, f"an event cannot be as short as {size} bytes: the shortest has {len(raw)}"
    return raw


def _text(random: Random, length: int) -> str:
    return " ".join(random.choices(TEXT.split(), k=length // 3))[:length]


def endpoint(environ: Mapping[str, str]) -> FlaskClient:
    """The web's own application, called without a socket."""
    settings = Settings.from_env(environ)
    configure("error")
    config = load_config(settings.config, environ={}, allow_hosts=settings.allow_gong_hosts)
    return create_app(settings, config, open_redis(settings.redis_url, WEB)).test_client()


def accept(web: FlaskClient, events: range, size: int) -> None:
    """Take in events, one a request."""
    random, headers = Random(events.start), {"Authorization": f"Bearer {KEY}"}
    for number in events:
        raw = payload(random, number, size)
        answer = web.post("/v1/events", data=raw, content_type="application/json", headers=headers)
        assert answer.status_code == 202, answer.text


def weigh(redis: Redis, before: int, events: int) -> Weighed:
    """What each event has added since the store used `before` bytes for the ones of the warm-up."""
    held = {
        name: (keys / (events + WARM_UP), size / (events + WARM_UP))
        for name, (keys, size) in sizes(redis).items()
    }
    return Weighed((used(redis) - before) / events, held)


def used(redis: Redis) -> int:
    return int(redis.info("memory")["used_memory"])


def sizes(redis: Redis) -> dict[str, tuple[int, int]]:
    """How many keys of each kind there are, and how many bytes they hold. Every element is counted, not sampled."""
    number: Counter[str] = Counter()
    size: Counter[str] = Counter()
    names = list(redis.scan_iter(count=PIPELINED))
    for start in range(0, len(names), PIPELINED):
        some = names[start : start + PIPELINED]
        pipeline = redis.pipeline(transaction=False)
        for name in some:
            pipeline.memory_usage(name, samples=0)
        for name, found in zip(some, pipeline.execute(), strict=True):
            number[kind(name.decode())] += 1
            size[kind(name.decode())] += found or 0
    return {name: (number[name], size[name]) for name in number}


def kind(name: str) -> str:
    """A key by the name that the store's own page of keys gives it; another's by its first parts."""
    prefixes = (
        value for constant, value in vars(keys).items() if constant.isupper() and isinstance(value, str)
    )
    known = max((prefix for prefix in prefixes if name.startswith(prefix)), key=len, default="")
    return known or name.rpartition(":")[0] or name


def turn(folder: Path, settings: str, size: int, events: int) -> tuple[Weighed, Weighed]:
    """One size on one server: each event's memory while it waits, and once it is delivered."""
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
        waiting = weigh(redis, before, events)
        with running(folder / "worker.log", "-m", "workers", environ=environ):
            until(lambda: delivered(redis) == WARM_UP + events, "all is delivered", seconds=60)
        return waiting, weigh(redis, before, events)


def report(title: str, size: int, waiting: Weighed, ended: Weighed) -> None:
    """Where the memory goes, and the aim."""
    print(f"\n{title}, {size} bytes of JSON\n\n| key | queued: keys | bytes | delivered: keys | bytes |")
    print("| --- | --- | --- | --- | --- |")
    for name in _heaviest_first(waiting, ended):
        figures = (figure for told in (waiting, ended) for figure in told.kinds.get(name, NOTHING))
        print("| {} | {:.2f} | {:.0f} | {:.2f} | {:.0f} |".format(name, *figures))
    print(f"| tables of keys and of what expires | | {waiting.rest:.0f} | | {ended.rest:.0f} |")
    print(f"| all | | {waiting.total:.0f} | | {ended.total:.0f} |")
    print(f"| x JSON | | {waiting.total / size:.2f} | | {ended.total / size:.2f} |\n\n{HEAD}")
    print(Aim(f"memory of a queued event, x its {size} bytes of JSON", AIM).said(waiting.total / size))


def _heaviest_first(*states: Weighed) -> list[str]:
    """The kinds of keys that hold a byte for each event, in one state or another."""
    most = Counter(
        {
            name: max(told.kinds.get(name, NOTHING)[1] for told in states)
            for told in states
            for name in told.kinds
        }
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
                report(f"{settings} server", size, *turn(Path(folder), settings, size, options.events))


if __name__ == "__main__":
    main()
