"""Senders that retry: several threads post events, and post them again whenever a response is missing."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import requests

from tests.harness.accounts import Account
from tests.harness.clients import Event, Relay, page_view
from tests.harness.ledger import Ledger

_SIZES = (1, 1, 1, 1, 1, 3, 8, 20)
_AGAIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Post:
    """One request that is repeated until it is acknowledged."""

    account: Account
    events: tuple[Event, ...]

    @property
    def names(self) -> list[str]:
        return [f"{self.account.name}:{event['id']}" for event in self.events]


def posts(random: Random, accounts: Sequence[Account], events: int) -> Iterator[Post]:
    """Return requests with `events` new events for all accounts, single and in batches."""
    made = 0
    while made < events:
        size = min(random.choice(_SIZES), events - made)
        batch = tuple(page_view(f"e{made + number}") for number in range(size))
        yield Post(random.choice(accounts), batch)
        made += size


class Senders:
    """Threads that share a queue of posts. `per_second` spreads the events over time, so that faults happen between them."""

    def __init__(self, url: str, ledger: Ledger, *, threads: int, per_second: float) -> None:
        self._url, self._ledger = url, ledger
        self._events_per_second = per_second / threads
        self._threads = [threading.Thread(target=self._run, name=f"sender-{n}") for n in range(threads)]
        self._posts: list[Post] = []
        self._give_up = threading.Event()
        self.trouble: list[str] = []

    def start(self, todo: Sequence[Post]) -> None:
        self._posts = list(reversed(todo))
        for thread in self._threads:
            thread.start()

    def join(self, seconds: float) -> None:
        """Wait for the last acknowledgement."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        late = any(thread.is_alive() for thread in self._threads)
        self._give_up.set()
        assert not late, (
            f"after {seconds:g} s the senders still wait for answers: {dict(self._ledger.answers)}"
        )
        assert not self.trouble, self.trouble[0]

    def stop(self) -> None:
        self._give_up.set()

    def _run(self) -> None:
        relay = Relay(self._url, timeout=5)
        while not self._give_up.is_set():
            try:
                post = self._posts.pop()
            except IndexError:
                break
            self._until_acked(relay, post)
            self._give_up.wait(len(post.events) / self._events_per_second)
        relay.close()

    def _until_acked(self, relay: Relay, post: Post) -> None:
        self._ledger.trying(post.names)
        while not self._give_up.is_set():
            if self._once(relay, post):
                return
            self._give_up.wait(_AGAIN_SECONDS)

    def _once(self, relay: Relay, post: Post) -> bool:
        """Post once. Returns True if it was acknowledged. A failing relay may only answer 503 or not at all."""
        single = len(post.events) == 1
        try:
            answer = relay.post(post.account, post.events[0] if single else post.events)
        except requests.RequestException as error:
            self._ledger.answered(type(error).__name__)
            return False
        self._ledger.answered(str(answer.status_code))
        if answer.status_code == 202:
            self._ledger.ack(post.names)
            return True
        if answer.status_code != 503:
            self.trouble.append(f"{answer.status_code}: {answer.text[:500]}")
            self._give_up.set()
        return False
