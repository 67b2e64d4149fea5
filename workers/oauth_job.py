"""The chore of OAuth that each worker does about once a second: exchange consents for tokens, and renew what is due."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.actions.oauth_invitations import CALLBACK_PATH
from relay.config.base_url import safe_base_url
from relay.core.lifecycle import HoldCause
from relay.core.oauth import (
    ClientRejected,
    GrantRejected,
    ResultUnknown,
    TokensIssued,
    TryLater,
    build_exchange_request,
    choose_renewal_delay,
)
from relay.core.vault import UnsealError
from relay.log import log_event
from relay.settings import Settings
from relay.store.destinations import (
    ConnectedDestination,
    DestinationDirectory,
    read_connected_destinations,
    save_connected_destination,
)
from relay.store.holds import HoldRequest, hold_destination
from relay.store.oauth_consents import (
    CODE_SECONDS,
    Consent,
    ConsentStatus,
    Invitation,
    lease_consent,
    postpone_consent,
    settle_consent,
    unseal_code,
)
from relay.store.oauth_tokens import (
    Grant,
    IssuedTokens,
    TokenPair,
    find_due_refreshes,
    read_grant,
    read_hold_cause,
    save_tokens,
    schedule_refresh,
)
from workers.oauth_client import RenewalResult, TokenService, renew_tokens

_MOST_AT_ONCE = 20
_AGAIN_SECONDS = 5.0
_LATER_SECONDS = 300.0


def create_oauth_task(
    settings: Settings, tokens: TokenService, directory: DestinationDirectory, now: Callable[[], datetime]
) -> "OAuthTask":
    """The chore as settings have it. `check_oauth` has made sure of an address to come back to."""
    redirect_uri = f"{settings.public_url}{CALLBACK_PATH}"
    return OAuthTask(tokens, directory, redirect_uri, now)


class ConsentFailed(Exception):
    """This consent comes to nothing. Says why, in words for the customer's administrator."""


@dataclass(frozen=True, slots=True)
class OAuthTask:
    """What `step` needs. `redirect_uri` is where Gong sends browsers back to, letter by letter as it was asked for."""

    tokens: TokenService
    directory: DestinationDirectory
    redirect_uri: str
    now: Callable[[], datetime]

    def step(self) -> None:
        """Do whatever is due. Raises Unavailable when the store is away; nothing is half done then."""
        while (consent := lease_consent(self.tokens.scripts, self.tokens.redis)) is not None:
            self._connect(consent)
        for name in find_due_refreshes(self.tokens.redis, _MOST_AT_ONCE):
            self._tend(name)

    # A consent becomes tokens ---------------------------------------------------------------------------------------

    def _connect(self, consent: Consent) -> None:
        try:
            grant = self._granted(consent)
        except ConsentFailed as failed:
            settle_consent(self.tokens.redis, consent, ConsentStatus.FAILED, str(failed))
            log_event(
                "oauth.failed",
                level="warning",
                destination=consent.invitation.destination,
                reason=str(failed),
            )
            return
        if grant is None:
            postpone_consent(self.tokens.redis, consent, _AGAIN_SECONDS)
            return
        save_connected_destination(self.tokens.scripts, self._connected(consent.invitation, grant))
        settle_consent(self.tokens.redis, consent, ConsentStatus.CONNECTED)
        log_event("oauth.connected", destination=grant.destination)

    def _granted(self, consent: Consent) -> Grant | None:
        """The tokens of a consent, in the store. None: Gong could not make them yet. Raises Failed."""
        name = consent.invitation.destination
        grant = read_grant(self.tokens.redis, name)
        if grant is not None and grant.consent == consent.id:
            return grant  # a worker died after it had saved them
        fresh = self._exchanged(consent)
        if fresh is None:
            return None
        save_tokens(self.tokens.scripts, self.tokens.vault, fresh, follows=None, consent=consent.id)
        return read_grant(self.tokens.redis, name)

    def _exchanged(self, consent: Consent) -> IssuedTokens | None:
        if self.now() - consent.at > timedelta(seconds=CODE_SECONDS):
            raise ConsentFailed("Gong could not be reached in time. Ask for a new link, and open it.")
        try:
            code = unseal_code(self.tokens.vault, consent)
        except UnsealError as error:
            raise ConsentFailed(f"The relay cannot read its own store: {error}.") from error
        app = self.tokens.endpoint.app
        match self.tokens.endpoint.ask(
            build_exchange_request(app, code=code, redirect_uri=self.redirect_uri)
        ):
            case TokensIssued() as granted:
                return self._checked(consent, granted)
            case GrantRejected(text):
                raise ConsentFailed(
                    f"Gong does not take the consent any more ({text}). Ask for a new link, and open it."
                )
            case ClientRejected(text):
                raise ConsentFailed(
                    f"Gong does not take the relay's client secret ({text}). Tell whoever runs the relay."
                )
            case ResultUnknown() | TryLater() as verdict:
                name = consent.invitation.destination
                log_event("oauth.not_connected", level="warning", destination=name, error=verdict.text)
                return None

    def _checked(self, consent: Consent, granted: TokensIssued) -> IssuedTokens:
        """Tokens go nowhere but to Gong: with an address that is not Gong's they are not even kept."""
        base_url = safe_base_url(granted.base_url or "", self.tokens.allow_hosts)
        if base_url is None:
            log_event("oauth.address_refused", level="error", error=granted.base_url or "")
            raise ConsentFailed(
                "The address that came with the consent is not one of Gong's. Nothing was kept."
            )
        if granted.refresh_token is None:
            raise ConsentFailed("Gong gave no refresh token. Ask for a new link, and open it.")
        return IssuedTokens(
            consent.invitation.destination,
            TokenPair(granted.access_token, granted.refresh_token),
            base_url,
            granted.scope,
            granted.lifetime,
            choose_renewal_delay(granted.lifetime, random.random()),  # noqa: S311 - jitter is no secret
        )

    def _connected(self, told: Invitation, grant: Grant) -> ConnectedDestination:
        """What is kept of the destination: what the link says, else what was known, else what suits most."""
        known = self.directory.all().get(told.destination)
        before = read_connected_destinations(self.tokens.redis).get(told.destination)
        company = told.company or (known.company if known else told.destination)
        return ConnectedDestination(
            name=told.destination,
            company=company,
            base_url=grant.base_url,
            connected_at=self.now(),
            account=told.account or (before.account if before else None),
            limits=self.directory.limits_of(company),
            source_system_name=told.source_system_name or (known.source_system_name if known else None),
            internal_domains=frozenset(told.internal_domains)
            or (known.internal_domains if known else frozenset()),
        )

    # Tokens stay good -----------------------------------------------------------------------------------------------

    def _tend(self, name: str) -> None:
        """Renew what is due; say on whose behalf nothing can be renewed any more."""
        grant = read_grant(self.tokens.redis, name)
        if grant is None or grant.lost:
            self._give_up(name, grant)
            return
        match renew_tokens(self.tokens, grant):
            case RenewalResult.LOST:
                self._give_up(name, read_grant(self.tokens.redis, name))
            case RenewalResult.DONE:
                self._follow(name)
            case RenewalResult.BUSY | RenewalResult.NOT_NOW:
                pass  # what was written down says when to look again

    def _follow(self, name: str) -> None:
        """A customer's address may have moved with the fresh tokens."""
        grant, connected = (
            read_grant(self.tokens.redis, name),
            read_connected_destinations(self.tokens.redis).get(name),
        )
        if grant is not None and connected is not None and connected.base_url != grant.base_url:
            moved = self._connected(Invitation(name), grant)
            save_connected_destination(self.tokens.scripts, moved)
            log_event("oauth.address_moved", destination=name)

    def _give_up(self, name: str, grant: Grant | None) -> None:
        """The access token serves as long as it lives; then the destination rests until its customer comes again."""
        if grant is None:
            schedule_refresh(self.tokens.redis, name, None)
            return
        if not grant.expired(self.now()):
            later = self.now() + timedelta(seconds=_LATER_SECONDS)
            schedule_refresh(self.tokens.redis, name, min(later, grant.expires_at))
            return
        destination = self.directory.all().get(name)
        if destination is not None and read_hold_cause(self.tokens.redis, name) not in {
            HoldCause.PAUSED,
            HoldCause.REAUTHORIZATION_REQUIRED,
        }:
            hold_destination(
                self.tokens.scripts,
                destination,
                HoldRequest(
                    HoldCause.REAUTHORIZATION_REQUIRED,
                    grant.lost or "its tokens cannot be opened",
                    _LATER_SECONDS,
                ),
            )
            log_event("oauth.reauthorization_required", level="error", destination=name, reason=grant.lost)
        schedule_refresh(self.tokens.redis, name, None)
