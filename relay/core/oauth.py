"""OAuth as Gong speaks it: what its token endpoint is asked, what the answers mean, and when a token is renewed."""

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from relay.core.outcome import HttpResponse, NoResponse

AUTHORIZE_URL = "https://app.gong.io/oauth2/authorize"
TOKEN_URL = "https://app.gong.io/oauth2/generate-customer-token"  # noqa: S105 - an address
SCOPES = ("api:digital-interactions:write", "api:engagement-data:write")

_DAY_SECONDS = 86_400.0
_MARGIN_SECONDS = 900.0
_LONGEST_TOKEN = 16_384
_TOKEN = re.compile(rf"[\x21-\x7e]{{1,{_LONGEST_TOKEN}}}")
_LOOKS_SECRET = re.compile(r"[A-Za-z0-9._~+/=-]{20,}")
_SPENT = re.compile(r"invalid_grant|code is invalid|(?:token|code) has (?:been )?expired", re.IGNORECASE)


class TokenParams(StrEnum):
    """Where the token endpoint's parameters stand: in the body, or in the address, as Gong's own page has it."""

    FORM = "form"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """The application that customers connect. While its secret is being changed at Gong, two of them are good."""

    client_id: str
    client_secret: str = field(repr=False)
    client_secret_next: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = SCOPES
    authorize_url: str = AUTHORIZE_URL
    token_url: str = TOKEN_URL
    token_params: TokenParams = TokenParams.FORM

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret that may be the good one."""
        return tuple(filter(None, (self.client_secret, self.client_secret_next)))


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """One request to the token endpoint: a POST of a form. Both parts may hold secrets."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokensIssued:
    """A fresh pair. `lifetime` is the access token's, in seconds; None where Gong did not say anything new."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    lifetime: float
    base_url: str | None
    scope: str


@dataclass(frozen=True, slots=True)
class GrantRejected:
    """Gong does not take this code or refresh token, now or ever."""

    text: str


@dataclass(frozen=True, slots=True)
class ClientRejected:
    """Gong does not take the application's secret. The code or refresh token is as good as before."""

    text: str


@dataclass(frozen=True, slots=True)
class TryLater:
    """Gong did not do it, and may another time: the code or refresh token is as good as before."""

    text: str


@dataclass(frozen=True, slots=True)
class ResultUnknown:
    """No answer that can be read: the code or refresh token may be spent, and what it bought lost on the way."""

    text: str


TokenResult = TokensIssued | GrantRejected | ClientRejected | TryLater | ResultUnknown


def build_authorize_url(app: OAuthApp, *, redirect_uri: str, state: str) -> str:
    """Where a customer's technical administrator says yes. Scopes are split by blanks, which Gong wants as %20."""
    told = {
        "client_id": app.client_id,
        "response_type": "code",
        "scope": " ".join(app.scopes),
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{app.authorize_url}?{urlencode(told).replace('+', '%20')}"


def build_exchange_request(app: OAuthApp, *, code: str, redirect_uri: str) -> TokenRequest:
    """Asks for the first pair in return for the code that a consent brought."""
    told = {"grant_type": "authorization_code", "code": code}
    return _call(app, told | {"client_id": app.client_id, "redirect_uri": redirect_uri})


def build_refresh_request(app: OAuthApp, refresh_token: str) -> TokenRequest:
    """Asks for the next pair. Gong takes each refresh token once."""
    return _call(app, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def _call(app: OAuthApp, told: dict[str, str]) -> TokenRequest:
    if app.token_params is TokenParams.QUERY:
        return TokenRequest(f"{app.token_url}?{urlencode(told)}", b"")
    return TokenRequest(app.token_url, urlencode(told).encode())


def classify_token_response(answer: HttpResponse | NoResponse) -> TokenResult:
    """What an answer of the token endpoint means. Total, and no text of it holds a token.

    An error that Gong told in a whole answer, 5xx too, is taken to have changed nothing; only silence is in doubt.
    """
    if isinstance(answer, NoResponse):
        # Its detail names the address, which may carry parameters.
        return ResultUnknown(answer.code) if answer.ambiguous else TryLater(answer.code)
    told = _object(answer.body)
    if answer.status < 300:  # noqa: PLR2004 - HTTP's own border
        return _granted(told)
    text = f"HTTP {answer.status} {_words(answer, told)}".strip()
    if answer.status < 500 and _SPENT.search(text):  # noqa: PLR2004
        return GrantRejected(text)
    if answer.status == 401 or told.get("error") == "invalid_client":  # noqa: PLR2004
        return ClientRejected(text)
    return TryLater(text)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _words(answer: HttpResponse, told: dict[str, Any]) -> str:
    named = [str(told[name]) for name in ("error", "error_description") if told.get(name)]
    text = ": ".join(named) or answer.body[:300].decode("utf-8", "replace")
    return _LOOKS_SECRET.sub("…", " ".join(text.split()))[:200]


def _granted(told: dict[str, Any]) -> TokenResult:
    access, refresh = told.get("access_token"), told.get("refresh_token")
    kind = told.get("token_type", "Bearer")
    if not _is_token(access) or str(kind).lower() != "bearer":
        return ResultUnknown("the answer holds no bearer token")
    base_url = told.get("api_base_url_for_customer")
    return TokensIssued(
        str(access),
        str(refresh) if _is_token(refresh) else None,
        _lifetime(told.get("expires_in")),
        base_url if isinstance(base_url, str) else None,
        str(told.get("scope") or "")[:1000],
    )


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def _lifetime(told: Any) -> float:
    """`expires_in`, also as text; a day where it makes no sense."""
    text = str(told)
    if isinstance(told, bool) or not re.fullmatch(r"[0-9]{1,9}", text) or not int(text):
        return _DAY_SECONDS
    return float(text)


def choose_renewal_delay(lifetime: float, luck: float) -> float:
    """After how many seconds a pair is renewed: at 50 to 80 % of its life, with 15 minutes to spare where it lives
    for more than half an hour, and once a day at least, since nobody says how long an unused refresh token lives.

    `luck` is a random number in [0, 1), so that customers who connected together do not renew together.
    """
    after = lifetime * (0.5 + 0.3 * luck)
    if lifetime > 2 * _MARGIN_SECONDS:
        after = min(after, lifetime - _MARGIN_SECONDS)
    return min(after, _DAY_SECONDS)
