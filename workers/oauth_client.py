"""What workers ask of Gong's token endpoint: the first tokens of a customer who said yes, and the next ones in time.

Gong takes each refresh token once, so a renewal is written down before it is asked for, one worker asks at a time, and
a fresh pair lies in the store before anybody uses it. A worker that dies between the two loses the pair; the next one
finds what was written down, and asks once more before it gives the customer's consent up for lost.
"""

import random
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
)
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


class TokenEndpoint:
    """Gong's token endpoint. Remembers which of the application's secrets was good last."""

    def __init__(self, app: OAuthApp, gong: GongClient) -> None:
        self.app = app
        self._gong = gong
        self._good = app.client_secret

    def ask(self, call: TokenRequest) -> TokenResult:
        """Make the request; where Gong does not take the secret, with the other one. Never raises."""
        verdict: TokenResult = ClientRejected("the application has no secret")
        for secret in sorted(self.app.secrets, key=lambda secret: secret != self._good):
            request = _prepared(call, _basic_auth_str(self.app.client_id, secret))
            verdict = classify_token_response(self._gong.fetch(request, turn=lambda: None))
            if not isinstance(verdict, ClientRejected):
                self._good = secret
                break
        return verdict


def _prepared(call: TokenRequest, authorization: str) -> PreparedRequest:
    request = PreparedRequest()
    request.method, request.url, request.body = "POST", call.url, call.body
    request.headers = CaseInsensitiveDict(
        {
            "Accept": "application/json",
            "Authorization": authorization,
            "Content-Length": str(len(call.body)),
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": f"gong-event-relay/{VERSION}",
        }
    )
    return request


class RenewalResult(StrEnum):
    """How a renewal ended: there is a newer pair, another is at it, not now, or never again."""

    DONE = "done"
    BUSY = "busy"
    NOT_NOW = "not_now"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class TokenService:
    """Where tokens are kept and made. `max_request_seconds` is how many seconds one request may take at most, connecting included."""

    redis: Redis
    scripts: Scripts
    vault: Vault
    endpoint: TokenEndpoint
    allow_hosts: Container[str]
    max_request_seconds: float


def create_token_service(settings: Settings, app: OAuthApp | None, redis: Redis) -> TokenService | None:
    """The tokens as settings and configuration have them; None where there is no application.

    A call waits for a renewal, and its lease runs meanwhile: so these requests get less time than calls.
    """
    if app is None:
        return None
    connect = min(float(settings.connect_timeout_seconds), _CONNECT_SECONDS)
    total = min(float(settings.call_timeout_seconds), _TOTAL_SECONDS)
    endpoint = TokenEndpoint(app, GongClient(HttpOptions(connect, total, _CONNECTIONS, settings.trust_env)))
    vault = Vault(settings.secret_keys)
    scripts = Scripts(redis, wait_replicas=settings.redis_wait_replicas)
    return TokenService(redis, scripts, vault, endpoint, settings.allow_gong_hosts, connect + total)


def renew_tokens(tokens: TokenService, grant: Grant) -> RenewalResult:
    """Renew this version of a destination's tokens, if nobody has or does: at most once for any number of workers."""
    try:
        pair = unseal_tokens(tokens.vault, grant)
    except UnsealError as error:
        return _told_lost(grant, str(error))
    # Both secrets may be tried, and nobody else may begin before their time has passed.
    renewal = TokenRefresh(grant, secrets.token_hex(8), 2 * tokens.max_request_seconds + 5.0)
    match start_refresh(tokens.scripts, renewal):
        case RefreshStart.STARTED:
            return _carry_out(tokens, renewal, pair)
        case RefreshStart.NEWER:
            return RenewalResult.DONE
        case RefreshStart.BUSY:
            return RenewalResult.BUSY
        case RefreshStart.TOO_SOON:
            return RenewalResult.NOT_NOW
        case RefreshStart.NO_TOKENS | RefreshStart.LOST:
            return _told_lost(grant, grant.lost or "its renewals got no answer")


def _carry_out(tokens: TokenService, renewal: TokenRefresh, pair: TokenPair) -> RenewalResult:
    verdict = tokens.endpoint.ask(build_refresh_request(tokens.endpoint.app, pair.refresh))
    match verdict:
        case TokensIssued():
            fresh = build_renewed_pair(tokens, renewal.grant, verdict, pair.refresh)
            save_tokens(tokens.scripts, tokens.vault, fresh, follows=renewal.grant.version)
            log_event("oauth.renewed", destination=renewal.grant.destination, seconds=verdict.lifetime)
            return RenewalResult.DONE
        case GrantRejected():
            record_failed_refresh(tokens.scripts, renewal, RefreshFailure.LOST, verdict.text)
            return _told_lost(renewal.grant, verdict.text)
        case ResultUnknown():
            how = RefreshFailure.IN_DOUBT
        case ClientRejected() | TryLater():
            how = RefreshFailure.NOT_NOW
    record_failed_refresh(tokens.scripts, renewal, how, verdict.text)
    log_event(
        "oauth.not_renewed",
        level="warning",
        destination=renewal.grant.destination,
        reason=how,
        error=verdict.text,
    )
    return RenewalResult.NOT_NOW


def _told_lost(grant: Grant, text: str) -> RenewalResult:
    """The alert: somebody has to send this customer a link."""
    log_event("oauth.reauthorization_required", level="error", destination=grant.destination, reason=text)
    return RenewalResult.LOST


def build_renewed_pair(
    tokens: TokenService, grant: Grant, granted: TokensIssued, refresh_token: str
) -> IssuedTokens:
    """What a renewal brought. A customer's address may move; one that may not be called is not believed."""
    told = safe_base_url(granted.base_url, tokens.allow_hosts) if granted.base_url else None
    if granted.base_url and told is None:
        log_event(
            "oauth.address_refused", level="error", destination=grant.destination, error=granted.base_url
        )
    return IssuedTokens(
        grant.destination,
        TokenPair(granted.access_token, granted.refresh_token or refresh_token),
        told or grant.base_url,
        granted.scope,
        granted.lifetime,
        choose_renewal_delay(granted.lifetime, random.random()),  # noqa: S311 - jitter is no secret
    )
