"""Client of Gong's OAuth token endpoint: a customer's first tokens, and their renewal.

Gong accepts each refresh token once. So a renewal is recorded in the store before the request, one worker at a time
makes it, and the new tokens are saved before anything uses them. If a worker dies in between, the next one finds the
record and tries once more before it reports the grant as lost.
"""

import random
import re
import secrets
from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum

from redis import Redis
from requests import PreparedRequest
from requests.auth import _basic_auth_str
from requests.structures import CaseInsensitiveDict

from relay.config.base_url import safe_base_url
from relay.core.oauth import (
    ClientRejected,
    GrantRejected,
    OAuthApp,
    ResultUnknown,
    TokenRequest,
    TokenResult,
    TokensIssued,
    TryLater,
    build_refresh_request,
    choose_renewal_delay,
    classify_token_response,
    refusal_code,
)
from relay.core.secret import reveal
from relay.core.vault import UnsealError, Vault
from relay.core.version import VERSION
from relay.log import log_event
from relay.settings import Settings
from relay.store.engine.scripts import Scripts
from relay.store.oauth_tokens import (
    Grant,
    IssuedTokens,
    RefreshFailure,
    RefreshStart,
    TokenPair,
    TokenRefresh,
    record_failed_refresh,
    save_tokens,
    start_refresh,
    unseal_tokens,
)
from workers.gong_client import GongClient, HttpOptions

_CONNECT_SECONDS, _TOTAL_SECONDS = 3.0, 10.0
_CONNECTIONS = 4
_HOST = re.compile(r"https?://([A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?)(?:/|$)")


class TokenEndpoint:
    """Gong's token endpoint. Remembers which of the application's client secrets worked last."""

    def __init__(self, app: OAuthApp, gong: GongClient) -> None:
        self.app = app
        self._gong = gong
        self._working_secret = reveal(app.client_secret)

    def request(self, request: TokenRequest) -> TokenResult:
        """Make the request, with the other client secret too if Gong rejects the first one. Never raises."""
        result: TokenResult = ClientRejected("the application has no secret")
        # False sorts before True: the secret that worked last comes first.
        for secret in sorted(self.app.secrets, key=lambda secret: secret != self._working_secret):
            prepared = _prepare(request, _basic_auth_str(self.app.client_id, secret))
            result = classify_token_response(self._gong.fetch(prepared, before_write=lambda: None))
            if not isinstance(result, ClientRejected):
                self._working_secret = secret
                break
        return result


def _prepare(request: TokenRequest, authorization: str) -> PreparedRequest:
    prepared = PreparedRequest()
    prepared.method, prepared.url, prepared.body = "POST", request.url, request.body
    prepared.headers = CaseInsensitiveDict(
        {
            "Accept": "application/json",
            "Authorization": authorization,
            "Content-Length": str(len(request.body)),
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": f"gong-event-relay/{VERSION}",
        }
    )
    return prepared


class RenewalResult(StrEnum):
    """How a renewal ended."""

    DONE = "done"
    """The store has newer tokens, from this worker or another one."""
    BUSY = "busy"
    """Another worker is renewing them."""
    NOT_NOW = "not_now"
    """Gong issued none; a later try may succeed."""
    LOST = "lost"
    """They can never be renewed: the customer has to connect again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenService:
    """The dependencies for renewing, sealing and storing tokens."""

    redis: Redis
    scripts: Scripts
    vault: Vault
    endpoint: TokenEndpoint
    allow_hosts: Container[str]
    """Hosts that tokens may be sent to besides Gong's own."""
    max_request_seconds: float
    """Longest duration of one request."""


def create_token_service(settings: Settings, app: OAuthApp | None, redis: Redis) -> TokenService | None:
    """Create the token service of a worker; None if the configuration has no OAuth application."""
    if app is None:
        return None
    # A call waits for a renewal while its lease runs, so these requests get shorter timeouts than calls.
    connect = min(float(settings.connect_timeout_seconds), _CONNECT_SECONDS)
    total = min(float(settings.call_timeout_seconds), _TOTAL_SECONDS)
    options = HttpOptions(
        connect=connect, total=total, connections=_CONNECTIONS, trust_env=settings.trust_env
    )
    return TokenService(
        redis=redis,
        scripts=Scripts(redis, wait_replicas=settings.redis_wait_replicas),
        vault=Vault(settings.secret_keys),
        endpoint=TokenEndpoint(app, GongClient(options)),
        allow_hosts=settings.allow_gong_hosts,
        max_request_seconds=total,
    )


def renew_tokens(tokens: TokenService, grant: Grant) -> RenewalResult:
    """Renew this version of a destination's tokens, once among all workers. Raises Unavailable."""
    try:
        pair = unseal_tokens(tokens.vault, grant)
    except UnsealError:
        return _report_lost(grant, "unreadable")
    # Two secrets may be tried, and no other worker may start before the time for both has passed.
    refresh = TokenRefresh(grant, secrets.token_hex(8), 2 * tokens.max_request_seconds + 5.0)
    match start_refresh(tokens.scripts, refresh):
        case RefreshStart.STARTED:
            return _request_renewal(tokens, refresh, pair)
        case RefreshStart.SUPERSEDED:
            return RenewalResult.DONE
        case RefreshStart.BUSY:
            return RenewalResult.BUSY
        case RefreshStart.TOO_SOON:
            return RenewalResult.NOT_NOW
        case RefreshStart.NO_TOKENS | RefreshStart.LOST:
            return _report_lost(grant, "lost")


def _request_renewal(tokens: TokenService, refresh: TokenRefresh, pair: TokenPair) -> RenewalResult:
    grant = refresh.grant
    result = tokens.endpoint.request(build_refresh_request(tokens.endpoint.app, pair.refresh))
    match result:
        case TokensIssued():
            renewed = build_renewed_tokens(tokens, grant, result, pair.refresh)
            save_tokens(tokens.scripts, tokens.vault, renewed, follows=grant.version)
            log_event("oauth.renewed", destination=grant.destination, seconds=result.lifetime)
            return RenewalResult.DONE
        case GrantRejected():
            record_failed_refresh(tokens.scripts, refresh, RefreshFailure.LOST, result.text)
            return _report_lost(grant, refusal_code(result))
        case ResultUnknown():
            # Gong may have issued tokens that never arrived. The store allows one more try before it gives up.
            failure = RefreshFailure.IN_DOUBT
        case ClientRejected() | TryLater():
            failure = RefreshFailure.NOT_NOW
    record_failed_refresh(tokens.scripts, refresh, failure, result.text)
    log_event(
        "oauth.renewal_failed",
        level="warning",
        destination=grant.destination,
        reason=failure,
        error=refusal_code(result),
    )
    return RenewalResult.NOT_NOW


def _report_lost(grant: Grant, reason: str) -> RenewalResult:
    """Log that this customer has to be sent a new link."""
    log_event("oauth.reauthorization_required", level="error", destination=grant.destination, reason=reason)
    return RenewalResult.LOST


def log_rejected_address(destination: str, address: str) -> None:
    """Log which host Gong names as a customer's, if it is one that RELAY_ALLOW_GONG_HOSTS can list."""
    host = _HOST.match(address)
    log_event(
        "oauth.address_rejected", level="error", destination=destination, name=host[1] if host else None
    )


def build_renewed_tokens(
    tokens: TokenService, grant: Grant, issued: TokensIssued, refresh_token: str
) -> IssuedTokens:
    """Return the tokens to save after a renewal. `refresh_token` stays in use if Gong issued no new one."""
    base_url = safe_base_url(issued.base_url, tokens.allow_hosts) if issued.base_url else None
    # A customer's base URL may change; but tokens are never sent to a host that is neither Gong's nor allowed.
    if issued.base_url and base_url is None:
        log_rejected_address(grant.destination, issued.base_url)
    return IssuedTokens(
        destination=grant.destination,
        pair=TokenPair(issued.access_token, issued.refresh_token or refresh_token),
        base_url=base_url or grant.base_url,
        scope=issued.scope,
        lifetime=issued.lifetime,
        refresh_after=choose_renewal_delay(issued.lifetime, random.random()),  # noqa: S311 - jitter needs no cryptographic randomness
    )
