"""A receiver of alerts on a real port: records every message, and answers with the statuses that a test sets."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from flask import Flask, Response, request

from relay.core.alerts.thresholds import Receiver, ReceiverFormat
from tests.flows.delivering import serve_app

SECRET = b"0123456789abcdef01234567"


@dataclass
class Inbox:
    """The messages received, in order. `answers` are the statuses of the next responses; after those it is 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    heartbeats: int = 0

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [orjson.loads(body) for _, body in self.received]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.received]

    def message_types(self) -> list[tuple[str, str]]:
        """The type and kind of each message."""
        return [(body["type"], body["data"].get("kind", "")) for body in self.bodies]

    def is_signed(self, *, secret: bytes = SECRET) -> bool:
        """True if every message is signed with the secret, as computed by code that shares nothing with the relay's."""
        return all(
            _signature(secret, headers, body) == headers["webhook-signature"]
            for headers, body in self.received
        )

    def receivers(self) -> tuple[Receiver, ...]:
        return (Receiver("ops", f"{self.url}/hook", SECRET),)

    def slack(self) -> Receiver:
        return Receiver("slack", f"{self.url}/hook", None, ReceiverFormat.SLACK)


def _signature(secret: bytes, headers: dict[str, str], body: bytes) -> str:
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


@contextmanager
def run_receiver() -> Iterator[Inbox]:
    """Run a receiver while the block lasts."""
    app, inbox = Flask("receiver"), Inbox()

    @app.post("/hook")
    def receive() -> Response:
        inbox.received.append(({name.lower(): value for name, value in request.headers}, request.get_data()))
        status = inbox.answers.pop(0) if inbox.answers else 200
        return Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})

    @app.get("/beat")
    def beat() -> str:
        inbox.heartbeats += 1
        return "OK"

    @app.route("/elsewhere", methods=["GET", "POST"])
    def elsewhere() -> str:
        raise AssertionError("a redirect was followed")

    with serve_app(app) as url:
        inbox.url = url
        yield inbox
