"""Gong's OAuth: requests to its token endpoint, what its responses mean, and when tokens are renewed."""

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from relay.core.outcome import HttpResponse, NoResponse
from relay.core.secret import WithheldSecret, reveal

AUTHORIZE_URL = "https://app.gong.io/oauth2/authorize"
TOKEN_URL = "https://app.gong.io/oauth2/generate-customer-token"  # noqa: S105 - a URL, not a password
SCOPES = ("api:digital-interactions:write", "api:engagement-data:write")

_DAY_SECONDS = 86_400.0
_MARGIN_SECONDS = 900.0
_MAX_TOKEN_LENGTH = 16_384
_TOKEN = re.compile(rf"[\x21-\x7e]{{1,{_MAX_TOKEN_LENGTH}}}")
_LOOKS_SECRET = re.compile(r"[A-Za-z0-9._~+/=-]{20,}")
_GRANT_REJECTED = re.compile(
    r"invalid_grant|code is invalid|(?:token|code) has (?:been )?expired", re.IGNORECASE
)


class TokenParams(StrEnum):
    """Where the token endpoint's parameters go: into a form, or into the URL, as in Gong's own documentation."""

    FORM = "form"
    QUERY = "query"


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthApp:
    """The application that customers connect. During a change of its secret at Gong, two secrets are valid."""

    client_id: str
    client_secret: str | WithheldSecret = field(repr=False)
    client_secret_next: str | WithheldSecret | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = SCOPES
    authorize_url: str = AUTHORIZE_URL
    token_url: str = TOKEN_URL
    token_params: TokenParams = TokenParams.FORM

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret that may be valid. Raises SecretWithheldError except in a worker."""
        return tuple(filter(None, map(reveal, (self.client_secret, self.client_secret_next))))


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """One POST to the token endpoint. URL and body may contain secrets."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensIssued:
    """Gong issued tokens. `lifetime` is the access token's, in seconds; a field is None if Gong gave no new value."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    lifetime: float
    base_url: str | None
    scope: str


@dataclass(frozen=True, slots=True)
class GrantRejected:
    """Gong rejects this code or refresh token permanently."""

    text: str


@dataclass(frozen=True, slots=True)
class ClientRejected:
    """Gong rejects the application's secret. The code or refresh token is still valid."""

    text: str


@dataclass(frozen=True, slots=True)
class TryLater:
    """Gong issued nothing, and a later try may succeed. The code or refresh token is still valid."""

    text: str


@dataclass(frozen=True, slots=True)
class ResultUnknown:
    """No readable response: Gong may have accepted the code or refresh token, and the new tokens may be lost."""

    text: str


RefusalResult = GrantRejected | ClientRejected | TryLater | ResultUnknown


def refusal_code(result: RefusalResult) -> str:
    """Return the code of a result without tokens, for the log. The result's text may quote anything."""
    match result:
        case GrantRejected():
            return "grant_rejected"
        case ClientRejected():
            return "client_rejected"
        case TryLater():
            return "try_later"
        case ResultUnknown():
            return "result_unknown"


TokenResult = TokensIssued | GrantRejected | ClientRejected | TryLater | ResultUnknown


def build_authorize_url(app: OAuthApp, *, redirect_uri: str, state: str) -> str:
    """Return the URL at which a customer's technical administrator gives consent."""
    params = {
        "client_id": app.client_id,
        "response_type": "code",
        "scope": " ".join(app.scopes),
        "redirect_uri": redirect_uri,
        "state": state,
    }
    # Scopes are separated by spaces, which Gong accepts only as %20.
    return f"{app.authorize_url}?{urlencode(params).replace('+', '%20')}"


def build_exchange_request(app: OAuthApp, *, code: str, redirect_uri: str) -> TokenRequest:
    """Return the request that exchanges the code of a consent for the first tokens."""
    params = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
    }
    return _build_request(app, params)


def build_refresh_request(app: OAuthApp, refresh_token: str) -> TokenRequest:
    """Return the request that renews tokens. Gong accepts each refresh token once."""
    return _build_request(app, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def _build_request(app: OAuthApp, params: dict[str, str]) -> TokenRequest:
    if app.token_params is TokenParams.QUERY:
        return TokenRequest(f"{app.token_url}?{urlencode(params)}", b"")
    return TokenRequest(app.token_url, urlencode(params).encode())


def classify_token_response(response: HttpResponse | NoResponse) -> TokenResult:
    """Return what a response of the token endpoint means. Nothing is raised, and no text of the result contains a token."""
    if isinstance(response, NoResponse):
        # Not its detail: that contains the URL, which may contain parameters.
        return ResultUnknown(response.code) if response.ambiguous else TryLater(response.code)
    body = _parse_object(response.body)
    if response.status < 300:  # noqa: PLR2004 - the first status that is not a success
        return _read_tokens(body)
    # A complete error response, 5xx too, means that Gong changed nothing.
    text = f"HTTP {response.status} {_extract_error_text(response, body)}".strip()
    if response.status < 500 and _GRANT_REJECTED.search(text):  # noqa: PLR2004 - a server error decides nothing
        return GrantRejected(text)
    if response.status == 401 or body.get("error") == "invalid_client":  # noqa: PLR2004 - Unauthorized
        return ClientRejected(text)
    return TryLater(text)


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _extract_error_text(response: HttpResponse, body: dict[str, Any]) -> str:
    named = [str(body[name]) for name in ("error", "error_description") if body.get(name)]
    text = ": ".join(named) or response.body[:300].decode("utf-8", "replace")
    return _LOOKS_SECRET.sub("…", " ".join(text.split()))[:200]


def _read_tokens(body: dict[str, Any]) -> TokenResult:
    access, refresh = body.get("access_token"), body.get("refresh_token")
    kind = body.get("token_type", "Bearer")
    if not _is_token(access) or str(kind).lower() != "bearer":
        return ResultUnknown("the response contains no bearer token")
    base_url = body.get("api_base_url_for_customer")
    return TokensIssued(
        access_token=str(access),
        refresh_token=str(refresh) if _is_token(refresh) else None,
        lifetime=_parse_lifetime(body.get("expires_in")),
        base_url=base_url if isinstance(base_url, str) else None,
        scope=str(body.get("scope") or "")[:1000],
    )


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def _parse_lifetime(expires_in: Any) -> float:
    """Return `expires_in` as seconds, even if it is a string; a day if it cannot be read."""
    text = str(expires_in)
    if isinstance(expires_in, bool) or not re.fullmatch(r"[0-9]{1,9}", text) or not int(text):
        return _DAY_SECONDS
    return float(text)


def choose_renewal_delay(lifetime: float, jitter: float) -> float:
    """Return after how many seconds tokens are renewed: after 50 to 80 % of their lifetime, and once a day at least.

    `jitter` is a random number in [0, 1).
    """
    # Random, so that customers who connected together are not renewed together.
    delay = lifetime * (0.5 + 0.3 * jitter)
    # 15 minutes are left for retries, unless the whole lifetime is shorter than half an hour.
    if lifetime > 2 * _MARGIN_SECONDS:
        delay = min(delay, lifetime - _MARGIN_SECONDS)
    # Gong does not document how long an unused refresh token lives.
    return min(delay, _DAY_SECONDS)
