"""The Redis account in docs/scaling.md allows everything that the relay does and nothing else."""

import re
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError
from rq.worker import SimpleWorker

from relay.core.lifecycle import DeadLetterReason
from relay.store.delivery import Pacing, SweepOptions, dead_letter, finish, schedule_probes, sweep
from relay.store.engine.connection import WORKER, open_redis
from relay.store.engine.durability import read_durability, read_memory_share
from relay.store.engine.scripts import Scripts
from relay.store.events import EventFilter, discard_event, list_events, read_event, replay_event
from relay.store.holds import resume_destination
from relay.store.key_usage import read_key_uses
from relay.store.queues import read_company_usage, read_depths, read_workers
from tests.store_world import NOW, accept_events, event, take_events
from tests.truth.project import ROOT, page
from tests.valkey import Valkey

RULES = re.search(r"^ACL SETUSER relay (.+)$", page("docs/scaling.md"), re.MULTILINE)


def rules() -> list[str]:
    assert RULES, "docs/scaling.md needs a line that begins with ACL SETUSER relay"
    return RULES[1].replace(">PASSWORD", ">secret").split()


@pytest.fixture
def limited(valkey: Valkey, redis: Redis) -> Iterator[Redis]:
    redis.execute_command("ACL", "SETUSER", "relay", "reset", *rules())
    client = open_redis(f"unix://relay:secret@{valkey.folder}/s", WORKER)
    yield client
    client.close()
    redis.execute_command("ACL", "DELUSER", "relay")


def test_an_event_can_be_accepted_settled_replayed_and_discarded(limited: Redis):
    scripts = Scripts(limited)
    accept_events(scripts, event("1"))
    (leased,) = take_events(scripts)
    finish(scripts, leased, dead_letter(DeadLetterReason.REJECTED, "no", record=b"{}", keep_seconds=60))
    replay_event(scripts, leased.id, now=NOW)
    discard_event(scripts, leased.id, keep_seconds=60)

    assert sweep(scripts, SweepOptions(), Pacing()).acquired
    assert read_event(limited, leased.id)["state"] == b"discarded"


def test_every_read_for_operators_is_allowed(limited: Redis):
    resume_destination(Scripts(limited), "acme")
    schedule_probes(Scripts(limited))
    list_events(limited, EventFilter(), limit=5, cursor=None)
    list_events(limited, EventFilter(event_id="a"), limit=5, cursor=None)
    read_depths(limited, ["acme"])
    read_company_usage(limited, ["acme"])
    read_workers(limited)
    read_key_uses(limited, ["web"])
    read_memory_share(limited)
    limited.blpop(["relay:wakeup"], 0.01)
    limited.wait(0, 1)

    assert "CONFIG GET is refused" not in " ".join(read_durability(limited).relaxed)


def test_a_worker_can_register_with_rq(limited: Redis):
    worker = SimpleWorker(["gong:*"], name="limited", connection=limited, serializer="json")
    worker.register_birth()
    worker.heartbeat()
    worker.register_death()

    assert worker.name == "limited"


@pytest.mark.parametrize(
    "command", [("SET", "other", "1"), ("FLUSHALL",), ("KEYS", "*"), ("CONFIG", "SET", "appendonly", "no")]
)
def test_commands_that_the_relay_never_uses_are_refused(limited: Redis, command: tuple[str, ...]):
    with pytest.raises(NoPermissionError):
        limited.execute_command(*command)


def test_every_command_of_a_script_is_allowed():
    files = [*(ROOT / "relay/store/lua").glob("*.lua")]
    used = {
        command.lower()
        for file in files
        for command in re.findall(r"redis\.p?call\('(\w+)'", file.read_text())
    }

    assert {f"+{command}" for command in used} <= set(rules())


def test_every_command_of_the_python_code_is_allowed():
    files = [file for folder in ("relay/store", "workers") for file in (ROOT / folder).glob("*.py")]
    called = {
        name for file in files for name in re.findall(r"(?:redis|pipeline)\.([a-z_]+)\(", file.read_text())
    }
    used = {name.replace("_", "|") for name in called - {"pipeline", "execute", "close", "transaction"}}
    used = used - {"delete"} | {"del"}  # `del` is a Python keyword, so redis-py calls it delete

    assert {f"+{command}" for command in used} <= set(rules())
