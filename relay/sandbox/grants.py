"""What companies let apps do: a consent becomes a code, a code a pair of tokens, and each refresh the next pair."""

from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from relay.sandbox.credentials import Caller

CODE_SECONDS: Final = 600
_TOKEN_BITS: Final = 256


@dataclass(slots=True)
class Grant:
    """One consent of one company. `refresh_token` is the one that holds: the newest, and none before the exchange."""

    caller: Caller
    company: str
    granted_at: float
    refresh_token: str | None = field(default=None, repr=False)
    refreshes: int = 0
    revoked: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Everything but the tokens."""
        return {
            "client_id": self.caller.name,
            "company": self.company,
            "scopes": sorted(self.caller.scopes or ()),
            "exchanged": self.refresh_token is not None,
            "refreshes": self.refreshes,
            "revoked": self.revoked,
        }


@dataclass(frozen=True, slots=True)
class Code:
    grant: Grant
    redirect_uri: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class AccessToken:
    grant: Grant
    expires_at: float


@dataclass(frozen=True, slots=True)
class Pair:
    """What an app gets of a grant: a token to call with for a while, and one to get the next pair with, once."""

    grant: Grant
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


@dataclass(slots=True)
class Grants:
    """Every code and token ever given, so that one that no longer holds is still known by its company."""

    given: list[Grant] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, AccessToken] = field(default_factory=dict)
    refresh: dict[str, Grant] = field(default_factory=dict)


def consent(grants: Grants, random: Random, grant: Grant, redirect_uri: str) -> str:
    """Keep a grant and give the code that stands for it."""
    code = _token("code", random)
    grants.given.append(grant)
    grants.codes[code] = Code(grant, redirect_uri, grant.granted_at + CODE_SECONDS)
    return code


def of_code(grants: Grants, client_id: str, code: str, redirect_uri: str, now: float) -> Grant | None:
    """The grant of a code that holds: in time, for the first time, from its own app, which came back to the same URI."""
    kept = grants.codes.get(code)
    if kept is None or (kept.redirect_uri, kept.grant.caller.name) != (redirect_uri, client_id):
        return None
    spent = kept.grant.refresh_token is not None or now >= kept.expires_at
    return None if spent or kept.grant.revoked else kept.grant


def of_refresh_token(grants: Grants, client_id: str, token: str) -> Grant | None:
    """The grant of a refresh token that holds: the newest of it, never used, from its own app."""
    grant = grants.refresh.get(token)
    if grant is None or grant.revoked or grant.refresh_token != token or grant.caller.name != client_id:
        return None
    return grant


def of_access_token(grants: Grants, token: str, now: float) -> Grant | None:
    """The grant of an access token that has not expired, revoked or not."""
    kept = grants.access.get(token)
    return kept.grant if kept is not None and now < kept.expires_at else None


def next_pair(grants: Grants, random: Random, grant: Grant, *, seconds: int, now: float) -> Pair:
    """New tokens. The refresh token before them holds no longer; the access token before them ends in its own time."""
    pair = Pair(grant, _token("access", random), _token("refresh", random), seconds)
    grant.refreshes += grant.refresh_token is not None
    grant.refresh_token = pair.refresh_token
    grants.access[pair.access_token] = AccessToken(grant, now + seconds)
    grants.refresh[pair.refresh_token] = grant
    return pair


def end(grants: Grants, company: str) -> None:
    """End every grant of a company for good, as its administrator does by removing the app."""
    for grant in grants.given:
        grant.revoked = grant.revoked or grant.company == company


def _token(kind: str, random: Random) -> str:
    return f"{kind}-{random.getrandbits(_TOKEN_BITS):064x}"
