"""How many workers there is work for, as an autoscaler asks."""

from typing import Any

from relay.core.errors import Problem, ValidationFailed
from relay.store.queues import read_send_capacity
from relay.store.stores import Stores


def autoscaling_page(stores: Stores, name: str) -> dict[str, Any]:
    """`{store, companies, calls_per_second}`: what one store's workers may send now. Invalid for a store that is not there."""
    known = {store.name: store for store in stores}
    if name not in known:
        raise ValidationFailed(
            [Problem("store", "unknown", f"There is no store {name}. Known: {', '.join(known)}.")]
        )
    runnable = read_send_capacity(known[name].redis)
    return {
        "store": name,
        "companies": runnable.companies,
        "calls_per_second": runnable.calls_per_second,
    }
