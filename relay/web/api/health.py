"""Whether this process lives, and whether it can take events: `/livez`, `/readyz`, `/version`."""

from flask import Blueprint, Response

from relay.core.errors import Unavailable
from relay.core.version import VERSION
from relay.queries.config_status import configuration_page
from relay.queries.queues import store_page, stores_page
from relay.store.engine.durability import is_reachable
from relay.web.context import WebContext, current
from relay.web.problems import json_response

health = Blueprint("health", __name__)


@health.get("/livez")
def livez() -> Response:
    """This process answers."""
    return json_response({"status": "ok"})


@health.get("/readyz")
def readyz() -> Response:
    """Events can be taken: the main store answers, and has room. A store beside it may be away: its events get 503.

    Before it ends, the web says for a while that it does, and still takes what comes.
    """
    known = current()
    if known.process.is_stopping():
        raise Unavailable("shutting_down", "This process is about to end: send to another.", retry_after=5)
    if not is_reachable(known.redis):
        raise Unavailable("store_unavailable", "The store cannot be reached.", retry_after=2)
    known.stores.main.watermark.check()
    told = {"status": "ok", "configuration": _configuration(known), "store": store_page(known.redis)}
    return json_response(told | {"stores": stores_page(known.stores)} if len(known.stores) > 1 else told)


def _configuration(known: WebContext) -> dict[str, object]:
    """Whether the file is the one that serves. What is wrong with it the overview tells: this page is for everybody."""
    told = configuration_page(known.process.rejected_config())
    return {"status": told["status"], "since": told["since"], "faults": len(told["problems"])}


@health.get("/version")
def version() -> Response:
    return json_response({"version": VERSION})
