"""The stores: each is one Redis server, and each company belongs to one store. A script runs in one store only."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from redis import Redis

from relay.core.config import Config
from relay.core.destination import MAIN_STORE
from relay.core.vault import Vault
from relay.settings import Settings
from relay.store.engine.connection import ClientOptions, open_redis, refuse_cluster
from relay.store.engine.durability import Watermark
from relay.store.engine.scripts import Scripts
from relay.store.person_index import PersonMarker


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One Redis server, with the name that destinations refer to, and everything that uses its connection."""

    name: str
    redis: Redis
    scripts: Scripts
    watermark: Watermark
    people: PersonMarker


class Stores:
    """All stores: the main one first, the others sorted by name."""

    def __init__(
        self,
        main: Redis,
        others: Mapping[str, Redis] | None = None,
        *,
        settings: Settings | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` counts seconds and never goes back."""
        options = settings or Settings()
        vault = Vault(options.secret_keys)
        # A fixed order, because pages and results list the stores in it.
        clients = {MAIN_STORE: main} | dict(sorted((others or {}).items()))
        self._stores = {
            name: Store(
                name=name,
                redis=redis,
                scripts=Scripts(redis, wait_replicas=options.redis_wait_replicas),
                watermark=Watermark(redis, percent=options.high_water_percent, clock=clock),
                people=PersonMarker(redis, vault, clock=clock),
            )
            for name, redis in clients.items()
        }

    @property
    def main(self) -> Store:
        return self._stores[MAIN_STORE]

    def get(self, name: str) -> Store:
        """Return the store with this name."""
        # The configuration is rejected if a destination names a store that does not exist.
        return self._stores[name]

    def __iter__(self) -> Iterator[Store]:
        return iter(self._stores.values())

    def __len__(self) -> int:
        return len(self._stores)


def open_stores(settings: Settings, stores: Mapping[str, str], options: ClientOptions) -> Stores:
    """Open the main store of the settings, and the stores of the configuration file, given as name and URL."""
    others = {name: open_redis(url, options) for name, url in stores.items()}
    return Stores(open_redis(settings.redis_url, options), others, settings=settings)


def refuse_clusters(stores: Stores, config: Config) -> None:
    """Raise SettingsError if a server is part of a Redis Cluster. Servers that do not answer are not checked."""
    for store in stores:
        # The error names the setting that holds this server's URL.
        setting = f"stores.{store.name}.url" if store.name in config.stores else "RELAY_REDIS_URL"
        refuse_cluster(store.redis, setting=setting)
