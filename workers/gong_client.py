"""GongClient: the only HTTP out of the relay. Makes one request and returns the response, or why there is none."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import requests
from requests.auth import _basic_auth_str
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError, ReadTimeoutError

from relay.core.call import Dialect, Operation
from relay.core.destination import BasicCredentials
from relay.core.outcome import HttpResponse, NoResponse
from relay.core.secret import reveal
from relay.core.version import VERSION
from relay.sockets import NameLookup
from workers.http_adapter import Deadlines, PacedAdapter

_MAX_RESPONSE_BYTES = 64 * 1024
_USER_AGENT = f"gong-event-relay/{VERSION}"


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How requests are made. Times in seconds."""

    connect: float = 5.0
    """For connecting to one address of a host."""
    total: float = 20.0
    """From the name lookup to the last byte read, without the wait for the rate gate."""
    connections: int = 128
    """Connections that are kept open per host."""
    hosts: int = 128
    """Hosts for which connections are kept open."""
    trust_env: bool = False
    """Use the proxy and certificates that HTTPS_PROXY, REQUESTS_CA_BUNDLE and similar variables name."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The base URL of a call and its Authorization header. `version` is that of the OAuth tokens; 0 for an API key."""

    base_url: str
    authorization: str = field(repr=False)
    version: int = 0


def credentials_from_api_key(base_url: str, key: BasicCredentials) -> Credentials:
    """Return the credentials of an API key."""
    return Credentials(base_url, _basic_auth_str(reveal(key.access_key), reveal(key.access_key_secret)))


class GongClient:
    """Makes requests through one adapter, which keeps connections open between them."""

    def __init__(self, options: HttpOptions, lookup: NameLookup | None = None) -> None:
        self._timeout = (options.connect, options.total)
        self._total = options.total
        self._deadlines = Deadlines(options.total, lookup or NameLookup())
        self._adapter = PacedAdapter(options.connections, options.hosts)
        self._environment = requests.Session() if options.trust_env else None

    def send(
        self,
        credentials: Credentials,
        operation: Operation,
        body: bytes,
        *,
        before_write: Callable[[], None],
        until: float = float("inf"),
    ) -> HttpResponse | NoResponse:
        """Make one call of Gong's API, as `fetch` does."""
        request = build_request(credentials, operation, body)
        return self.fetch(request, before_write=before_write, until=until)

    def fetch(
        self,
        request: requests.PreparedRequest,
        *,
        before_write: Callable[[], None],
        until: float = float("inf"),
        fresh: bool = False,
    ) -> HttpResponse | NoResponse:
        """Make a request and return its response. Raises only NoTimeLeftError.

        `before_write` is called on the open connection, before the first byte: it waits for the rate gate. It is called
        again if the connection closes meanwhile. The call ends by `until`, a `time.monotonic`; NoTimeLeftError means that
        nothing was written by then. `fresh`: use no connection that was kept from an earlier request.
        """
        with self._deadlines.limit(before_write, until, fresh=fresh) as running:
            try:
                response: HttpResponse | NoResponse = self._exchange(request)
            except (requests.RequestException, HTTPError, OSError, ValueError) as error:
                response = classify_exception(error)
        # The response of a request that was cut at its deadline is not to be trusted, whatever was read of it.
        if running.timed_out:
            response = NoResponse(
                "timeout", f"no complete response within {self._total:g} seconds", ambiguous=True
            )
        # Whatever went wrong, a request of which no byte was written cannot have an effect.
        if isinstance(response, NoResponse) and not running.written:
            return NoResponse("no_connection", response.detail, ambiguous=False)
        if isinstance(response, NoResponse) and response.code == "connection_lost":
            return replace(response, reused=running.reused)
        return response

    def probe(
        self, credentials: Credentials, dialect: Dialect, *, before_write: Callable[[], None]
    ) -> HttpResponse | NoResponse:
        """Test the credentials without creating anything. Never raises."""
        # Gong checks the credentials before it rejects the empty body.
        is_gong = dialect is Dialect.GONG
        operation = Operation.DIGITAL_INTERACTION if is_gong else Operation.CATALOG_INTERACTION
        return self.send(credentials, operation, b"{}", before_write=before_write)

    def _exchange(self, request: requests.PreparedRequest) -> HttpResponse:
        options = {"verify": True, "cert": None, "proxies": {}} | self._environment_options(str(request.url))
        # Straight to the adapter: a session would keep cookies and follow redirects, and neither is wanted here.
        response = self._adapter.send(request, stream=True, timeout=self._timeout, **options)
        raw = response.raw
        body = raw.read(_MAX_RESPONSE_BYTES, decode_content=True)
        if raw.length_remaining:
            raw.close()  # the rest is not worth reading, and the connection cannot be reused without reading it
        else:
            raw.release_conn()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpResponse(response.status_code, headers, body)

    def _environment_options(self, url: str) -> dict[str, Any]:
        """Return the proxies and certificates of the environment, if the operator allows them."""
        if self._environment is None:
            return {}
        merged = self._environment.merge_environment_settings(url, {}, None, None, None)
        return {"verify": merged["verify"], "proxies": merged["proxies"]}


def build_request(credentials: Credentials, operation: Operation, body: bytes) -> requests.PreparedRequest:
    """Return the request of one call of Gong's API."""
    # Set field by field: `prepare()` would parse the URL again for every call, and it was checked when it was loaded.
    request = requests.PreparedRequest()
    request.method = operation.method
    request.url = credentials.base_url + operation.path
    request.headers = CaseInsensitiveDict(
        {
            "Accept": "application/json",
            "Authorization": credentials.authorization,
            "Content-Length": str(len(body)),
            "Content-Type": "application/json",
            "User-Agent": _USER_AGENT,
        }
    )
    request.body = body
    return request


_MAX_CAUSES = 8

_NEVER_SENT = (
    requests.ConnectTimeout,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.ProxyError,
)


def classify_exception(error: Exception) -> NoResponse:
    """Return what an exception means. It is ambiguous if Gong may have received the request before it was raised."""
    detail = _describe_error(error)
    # ConnectTimeout is a Timeout too, but nothing was sent then.
    is_timeout = isinstance(error, requests.Timeout | ReadTimeoutError)
    if is_timeout and not isinstance(error, requests.ConnectTimeout):
        return NoResponse("timeout", detail, ambiguous=True)
    if isinstance(error, _NEVER_SENT) or _never_connected(error):
        return NoResponse("no_connection", detail, ambiguous=False)
    return NoResponse("connection_lost", detail, ambiguous=True)


def _describe_error(error: BaseException) -> str:
    """Return the class of an exception and of its first cause, and what the system says: `SSLError: certificate …`.

    The message is left out: libraries quote URLs, proxies with passwords and values of headers in it.
    """
    cause = _first_cause(error)
    names = dict.fromkeys((type(error).__name__, type(cause).__name__))
    reason = cause.strerror if isinstance(cause, OSError) and isinstance(cause.strerror, str) else None
    return ": ".join([*names, *([reason] if reason else [])])[:300]


def _first_cause(error: BaseException) -> BaseException:
    # requests wraps urllib3's errors, which wrap the system's: in `reason`, as an argument, or as the cause.
    for _ in range(_MAX_CAUSES):
        inner = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
        causes = [cause for cause in inner if isinstance(cause, BaseException)]
        if not causes:
            break
        error = causes[0]
    return error


def _never_connected(error: Exception) -> bool:
    # requests wraps urllib3's MaxRetryError, whose `reason` is the real error.
    cause: Any = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, NewConnectionError | NameResolutionError)
