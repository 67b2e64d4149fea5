"""A receiver of alerts on a real port: keeps what it is sent, and answers as it is told to."""

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
from tests.flows.delivering import answering

SECRET = b"0123456789abcdef01234567"


@dataclass
class Inbox:
    """What has come, in its order. `answers` are the statuses of the next answers; then it is 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    beats: int = 0

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [orjson.loads(body) for _, body in self.taken]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.taken]

    def told(self) -> list[tuple[str, str]]:
        """Type and kind of each message."""
        return [(body["type"], body["data"].get("kind", "")) for body in self.bodies]

    def signed(self, *, secret: bytes = SECRET) -> bool:
        """Whether every message is signed by the secret, as plain code reckons it that shares nothing with ours."""
        return all(
            _signature(secret, headers, body) == headers["webhook-signature"] for headers, body in self.taken
        )

    def receivers(self) -> tuple[Receiver, ...]:
        return (Receiver("ops", f"{self.url}/hook", SECRET),)

    def people(self) -> Receiver:
        return Receiver("slack", f"{self.url}/hook", None, ReceiverFormat.SLACK)


def _signature(secret: bytes, headers: dict[str, str], body: bytes) -> str:
    told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, told, hashlib.sha256).digest()).decode()


@contextmanager
def receiving() -> Iterator[Inbox]:
    """A receiver that listens."""
    app, inbox = Flask("receiver"), Inbox()

    @app.post("/hook")
    def take() -> Response:
        inbox.taken.append(({name.lower(): value for name, value in request.headers}, request.get_data()))
        status = inbox.answers.pop(0) if inbox.answers else 200
        return Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else {})

    @app.get("/beat")
    def beat() -> str:
        inbox.beats += 1
        return "OK"

    @app.route("/elsewhere", methods=["GET", "POST"])
    def elsewhere() -> str:
        raise AssertionError("a redirect was followed")

    with answering(app) as url:
        inbox.url = url
        yield inbox
