"""The only HTTP out: make one call of Gong and bring back what was answered, whatever happens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.auth import _basic_auth_str
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError

from relay.core.call import Dialect, Operation
from relay.core.destination import BasicCredentials
from relay.core.outcome import HttpResponse, NoResponse
from relay.core.version import VERSION
from workers.http_adapter import Deadlines, PacedAdapter

_MOST_READ = 64 * 1024
_USER_AGENT = f"gong-event-relay/{VERSION}"


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How calls are made. Times in seconds; `total` runs from the first byte written to the last byte read."""

    connect: float = 5.0
    total: float = 20.0
    connections: int = 128
    trust_env: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where a call goes, and what it proves itself with there. `version` is its tokens'; 0 for an API key."""

    base_url: str
    authorization: str = field(repr=False)
    version: int = 0


def credentials_from_api_key(base_url: str, key: BasicCredentials) -> Credentials:
    """The access that an API key gives."""
    return Credentials(base_url, _basic_auth_str(key.access_key, key.access_key_secret))


class GongClient:
    """Makes calls through one adapter, so that connections are kept open from call to call."""

    def __init__(self, manners: HttpOptions) -> None:
        self._timeout = (manners.connect, manners.total)
        self._total = manners.total
        self._deadlines = Deadlines(manners.total)
        self._adapter = PacedAdapter(manners.connections)
        self._environment = requests.Session() if manners.trust_env else None

    def send(
        self, access: Credentials, operation: Operation, body: bytes, *, turn: Callable[[], None]
    ) -> HttpResponse | NoResponse:
        """Make one call and return the answer. Never raises.

        `turn` is called with the connection open, just before the first byte is written: it waits for the pace.
        """
        return self.fetch(_prepare(access, operation, body), turn=turn)

    def fetch(
        self, request: requests.PreparedRequest, *, turn: Callable[[], None]
    ) -> HttpResponse | NoResponse:
        """Make any request in the same manners. Never raises."""
        with self._deadlines.turn(turn) as running:
            try:
                answer: HttpResponse | NoResponse = self._exchange(request)
            except (requests.RequestException, HTTPError, OSError, ValueError) as error:
                answer = classify_exception(error)
        if running.cut:  # a connection cut in mid-header reads like an answer without a body
            return NoResponse("timeout", f"no whole answer within {self._total:g} seconds", ambiguous=True)
        return answer

    def probe(
        self, access: Credentials, dialect: Dialect, *, turn: Callable[[], None]
    ) -> HttpResponse | NoResponse:
        """Try the credentials without creating anything: Gong checks them before it refuses the empty body."""
        gong = dialect is Dialect.GONG
        operation = Operation.DIGITAL_INTERACTION if gong else Operation.CATALOG_INTERACTION
        return self.send(access, operation, b"{}", turn=turn)

    def _exchange(self, request: requests.PreparedRequest) -> HttpResponse:
        """Straight to the adapter: a session would follow cookies and prepare redirects that are never wanted here."""
        options = {"verify": True, "cert": None, "proxies": {}} | self._from_environment(str(request.url))
        answer = self._adapter.send(request, stream=True, timeout=self._timeout, **options)
        raw = answer.raw
        body = raw.read(_MOST_READ, decode_content=True)
        if raw.length_remaining:
            raw.close()  # the rest is not worth reading, and the connection is no use without it
        else:
            raw.release_conn()
        return HttpResponse(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, body
        )

    def _from_environment(self, url: str) -> dict[str, Any]:
        """Proxies and certificates that HTTPS_PROXY and its kin name, where the operator lets them."""
        if self._environment is None:
            return {}
        told = self._environment.merge_environment_settings(url, {}, None, None, None)
        return {"verify": told["verify"], "proxies": told["proxies"]}


def _prepare(access: Credentials, operation: Operation, body: bytes) -> requests.PreparedRequest:
    """A request without the session's merging: the URL was checked when it came to be known."""
    request = requests.PreparedRequest()
    request.method = operation.method
    request.url = access.base_url + operation.path
    request.headers = CaseInsensitiveDict(
        {
            "Accept": "application/json",
            "Authorization": access.authorization,
            "Content-Length": str(len(body)),
            "Content-Type": "application/json",
            "User-Agent": _USER_AGENT,
        }
    )
    request.body = body
    return request


_NEVER_SENT = (
    requests.ConnectTimeout,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    requests.exceptions.ProxyError,
)


def classify_exception(error: Exception) -> NoResponse:
    """What an exception means: could Gong have taken the event all the same?"""
    detail = f"{type(error).__name__}: {error}"[:300]
    if isinstance(error, requests.Timeout) and not isinstance(error, requests.ConnectTimeout):
        return NoResponse("timeout", detail, ambiguous=True)
    if isinstance(error, _NEVER_SENT) or _never_connected(error):
        return NoResponse("no_connection", detail, ambiguous=False)
    return NoResponse("connection_lost", detail, ambiguous=True)


def _never_connected(error: Exception) -> bool:
    cause: Any = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, NewConnectionError | NameResolutionError)
