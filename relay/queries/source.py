"""One source in full: what is told of it in the list, its mapping as it is written, and the last payload that came."""

from typing import Any

from relay.core.errors import NotFound
from relay.core.webhook import Webhook
from relay.queries.explain import Viewer
from relay.queries.receipts import render_receipt
from relay.queries.sources import source_rows
from relay.store.all_stores import find_event, list_events_in_all_stores
from relay.store.events import EventFilter, read_receipt


def source_page(onlooker: Viewer, name: str) -> dict[str, Any]:
    """As in the list of sources, and `mapping`: null where it takes no webhooks; and `last`: null where nothing came.

    `last` is the receipt of its newest event, as far as this onlooker may see it, with that event's id. Raises NotFound.
    """
    config = onlooker.config
    if config is None or name not in config.sources:
        raise NotFound("no_such_source", f"The configuration has no source {name!r}.")
    [row] = source_rows(onlooker.stores, config, [name], now=onlooker.now)
    hook = config.webhooks.get(name)
    return row | {
        "mapping": dict(hook.mapping.spec) if hook else None,
        "last": _last(onlooker, name, hook),
    }


def _last(onlooker: Viewer, name: str, hook: Webhook | None) -> dict[str, Any] | None:
    newest = list_events_in_all_stores(onlooker.stores, EventFilter(source=name), limit=1, cursor=None).events
    found = find_event(onlooker.stores, newest[0]["id"]) if newest else None
    if found is None:
        return None
    store, record = found
    receipt = read_receipt(store.redis, record["receipt"].decode())
    if receipt is None:
        return None
    reading = hook.body_format if hook and "headers" in receipt else None
    return {"event": newest[0]["id"]} | render_receipt(record, receipt, sight=onlooker.sight, reading=reading)
