"""OAuth grants: a consent creates a code, the code is exchanged for a token pair, and each refresh issues the next pair."""

from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from relay.sandbox.credentials import Caller

CODE_LIFETIME_SECONDS: Final = 600
_TOKEN_BITS: Final = 256


@dataclass(slots=True, kw_only=True)
class Grant:
    """One consent of one company."""

    caller: Caller
    company: str
    granted_at: float
    refresh_token: str | None = field(default=None, repr=False)
    """The newest refresh token, the only valid one. None until the code is exchanged."""

    refreshes: int = 0
    revoked: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return all fields except the tokens."""
        return {
            "client_id": self.caller.name,
            "company": self.company,
            "scopes": sorted(self.caller.scopes or ()),
            "exchanged": self.refresh_token is not None,
            "refreshes": self.refreshes,
            "revoked": self.revoked,
        }


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    grant: Grant
    redirect_uri: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class AccessToken:
    grant: Grant
    expires_at: float


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token, and the refresh token that can be exchanged once for the next pair."""

    grant: Grant
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


@dataclass(slots=True)
class Grants:
    """Every code and token ever issued. Invalid ones are kept, so that a request with one is logged by company."""

    granted: list[Grant] = field(default_factory=list)
    codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    access_tokens: dict[str, AccessToken] = field(default_factory=dict)
    refresh_tokens: dict[str, Grant] = field(default_factory=dict)


def add_grant(grants: Grants, random: Random, grant: Grant, redirect_uri: str) -> str:
    """Store a grant and return its authorization code."""
    code = _new_token("code", random)
    grants.granted.append(grant)
    grants.codes[code] = AuthorizationCode(grant, redirect_uri, grant.granted_at + CODE_LIFETIME_SECONDS)
    return code


def find_by_code(grants: Grants, client_id: str, code: str, redirect_uri: str, now: float) -> Grant | None:
    """Return the grant of a valid code: unused, not expired, issued to this app for this redirect URI."""
    issued = grants.codes.get(code)
    if issued is None or (issued.redirect_uri, issued.grant.caller.name) != (redirect_uri, client_id):
        return None
    is_used = issued.grant.refresh_token is not None
    if is_used or now >= issued.expires_at or issued.grant.revoked:
        return None
    return issued.grant


def find_by_refresh_token(grants: Grants, client_id: str, token: str) -> Grant | None:
    """Return the grant of a valid refresh token: the grant's newest, issued to this app."""
    grant = grants.refresh_tokens.get(token)
    if grant is None or grant.revoked or grant.refresh_token != token or grant.caller.name != client_id:
        return None
    return grant


def find_by_access_token(grants: Grants, token: str, now: float) -> Grant | None:
    """Return the grant of an access token that has not expired, even if the grant is revoked."""
    # Revoked grants are returned too: Gong answers them with another error than an unknown token.
    issued = grants.access_tokens.get(token)
    return issued.grant if issued is not None and now < issued.expires_at else None


def issue_tokens(grants: Grants, random: Random, grant: Grant, *, seconds: int, now: float) -> TokenPair:
    """Issue a new pair. The previous refresh token becomes invalid; the previous access token lasts until it expires."""
    pair = TokenPair(grant, _new_token("access", random), _new_token("refresh", random), seconds)
    # The first pair comes from the code and is not a refresh.
    grant.refreshes += grant.refresh_token is not None
    grant.refresh_token = pair.refresh_token
    grants.access_tokens[pair.access_token] = AccessToken(grant, now + seconds)
    grants.refresh_tokens[pair.refresh_token] = grant
    return pair


def revoke_grants(grants: Grants, company: str) -> None:
    """Revoke every grant of a company permanently, as its administrator does by removing the app."""
    for grant in grants.granted:
        grant.revoked = grant.revoked or grant.company == company


def _new_token(prefix: str, random: Random) -> str:
    return f"{prefix}-{random.getrandbits(_TOKEN_BITS):064x}"
