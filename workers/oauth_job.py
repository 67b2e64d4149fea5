"""Periodic task of OAuth: exchanges customers' consents for tokens, and renews tokens before they expire."""

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
    refusal_code,
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
from workers.oauth_client import RenewalResult, TokenService, log_rejected_address, renew_tokens

_MAX_RENEWALS_PER_STEP = 20
_POSTPONE_SECONDS = 5.0
_LOST_CHECK_SECONDS = 300.0


def create_oauth_task(
    settings: Settings, tokens: TokenService, directory: DestinationDirectory, now: Callable[[], datetime]
) -> "OAuthTask":
    """Create the task from the settings. `check_oauth` has checked that there is a public URL."""
    redirect_uri = f"{settings.public_url}{CALLBACK_PATH}"
    return OAuthTask(tokens, directory, redirect_uri, now)


class ConsentFailed(Exception):
    """A consent cannot become a connection. The message is for the customer's administrator, the code for the log."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class OAuthTask:
    """Exchanges and renews the tokens of one store's destinations."""

    tokens: TokenService
    directory: DestinationDirectory
    redirect_uri: str
    """Must equal the URI of the authorization request exactly, or Gong rejects the exchange."""
    now: Callable[[], datetime]

    def step(self) -> None:
        """Do everything that is due. Raises Unavailable if the store is unreachable; the next step continues then."""
        while (consent := lease_consent(self.tokens.scripts, self.tokens.redis)) is not None:
            self._connect(consent)
        for name in find_due_refreshes(self.tokens.redis, _MAX_RENEWALS_PER_STEP):
            self._renew(name)

    # From consent to tokens -----------------------------------------------------------------------------------------

    def _connect(self, consent: Consent) -> None:
        try:
            grant = self._obtain_grant(consent)
        except ConsentFailed as failure:
            settle_consent(self.tokens.redis, consent, ConsentStatus.FAILED, str(failure))
            log_event(
                "oauth.connect_failed",
                level="warning",
                destination=consent.invitation.destination,
                reason=failure.code,
            )
            return
        if grant is None:
            postpone_consent(self.tokens.redis, consent, _POSTPONE_SECONDS)
            return
        # The destination comes after its tokens: a destination without tokens would go on hold at its first event.
        save_connected_destination(self.tokens.scripts, self._describe(consent.invitation, grant))
        settle_consent(self.tokens.redis, consent, ConsentStatus.CONNECTED)
        log_event("oauth.connected", destination=grant.destination)

    def _obtain_grant(self, consent: Consent) -> Grant | None:
        """Return the saved tokens of a consent. None: Gong could not issue them yet. Raises ConsentFailed."""
        name = consent.invitation.destination
        grant = read_grant(self.tokens.redis, name)
        if grant is not None and grant.consent == consent.id:
            return grant  # a worker saved them and died before it settled the consent
        issued = self._exchange(consent)
        if issued is None:
            return None
        save_tokens(self.tokens.scripts, self.tokens.vault, issued, follows=None, consent=consent.id)
        return read_grant(self.tokens.redis, name)

    def _exchange(self, consent: Consent) -> IssuedTokens | None:
        """Exchange the consent's code for tokens. None: try again later. Raises ConsentFailed."""
        if self.now() - consent.at > timedelta(seconds=CODE_SECONDS):
            raise ConsentFailed(
                "expired", "Gong could not be reached in time. Ask for a new link and open it."
            )
        try:
            code = unseal_code(self.tokens.vault, consent)
        except UnsealError as error:
            raise ConsentFailed(
                "unreadable",
                f"The relay cannot decrypt this connection request: {error}. Ask the relay's operator for help.",
            ) from error
        app = self.tokens.endpoint.app
        request = build_exchange_request(app, code=code, redirect_uri=self.redirect_uri)
        match self.tokens.endpoint.request(request):
            case TokensIssued() as issued:
                return self._check(consent, issued)
            case GrantRejected(text):
                raise ConsentFailed(
                    "grant_rejected",
                    f"Gong no longer accepts this consent ({text}). Ask for a new link and open it.",
                )
            case ClientRejected(text):
                raise ConsentFailed(
                    "client_rejected",
                    f"Gong does not accept the relay's client secret ({text}). Ask the relay's operator to fix it.",
                )
            case ResultUnknown() | TryLater() as result:
                name = consent.invitation.destination
                log_event(
                    "oauth.exchange_postponed", level="warning", destination=name, error=refusal_code(result)
                )
                return None

    def _check(self, consent: Consent, issued: TokensIssued) -> IssuedTokens:
        # Tokens are sent to Gong only. With a base URL that is not Gong's, they are not even stored.
        base_url = safe_base_url(issued.base_url or "", self.tokens.allow_hosts)
        if base_url is None:
            log_rejected_address(consent.invitation.destination, issued.base_url or "")
            raise ConsentFailed(
                "address_rejected",
                "The address that came with the consent is not Gong's. No token was stored.",
            )
        if issued.refresh_token is None:
            raise ConsentFailed(
                "no_refresh_token", "Gong issued no refresh token. Ask for a new link and open it."
            )
        return IssuedTokens(
            destination=consent.invitation.destination,
            pair=TokenPair(issued.access_token, issued.refresh_token),
            base_url=base_url,
            scope=issued.scope,
            lifetime=issued.lifetime,
            refresh_after=choose_renewal_delay(issued.lifetime, random.random()),  # noqa: S311 - jitter needs no cryptographic randomness
        )

    def _describe(self, invitation: Invitation, grant: Grant) -> ConnectedDestination:
        """Return the destination to save: the invitation's values, else the current ones, else defaults."""
        name = invitation.destination
        present = self.directory.all().get(name)
        connected = read_connected_destinations(self.tokens.redis).get(name)
        company = invitation.company or (present.company if present else name)
        system_name = invitation.source_system_name or (present.source_system_name if present else None)
        domains = frozenset(invitation.internal_domains)
        if not domains and present:
            domains = present.internal_domains
        return ConnectedDestination(
            name=name,
            company=company,
            base_url=grant.base_url,
            connected_at=self.now(),
            account=invitation.account or (connected.account if connected else None),
            limits=self.directory.limits_of(company),
            source_system_name=system_name,
            internal_domains=domains,
        )

    # Renewal --------------------------------------------------------------------------------------------------------

    def _renew(self, name: str) -> None:
        grant = read_grant(self.tokens.redis, name)
        if grant is None or grant.lost:
            self._handle_lost(name, grant)
            return
        match renew_tokens(self.tokens, grant):
            case RenewalResult.LOST:
                self._handle_lost(name, read_grant(self.tokens.redis, name))
            case RenewalResult.DONE:
                self._update_base_url(name)
            case RenewalResult.BUSY | RenewalResult.NOT_NOW:
                pass  # the record in the store says when it is due again

    def _update_base_url(self, name: str) -> None:
        """Save the destination again if Gong gave another base URL with the renewed tokens."""
        grant = read_grant(self.tokens.redis, name)
        connected = read_connected_destinations(self.tokens.redis).get(name)
        if grant is not None and connected is not None and connected.base_url != grant.base_url:
            moved = self._describe(Invitation(destination=name), grant)
            save_connected_destination(self.tokens.scripts, moved)
            log_event("oauth.address_moved", destination=name)

    def _handle_lost(self, name: str, grant: Grant | None) -> None:
        """Put a destination on hold whose tokens cannot be renewed, once its access token has expired."""
        if grant is None:
            schedule_refresh(self.tokens.redis, name, None)
            return
        if not grant.expired(self.now()):
            # The access token works until it expires. Check again then, or earlier if the customer may have reconnected.
            later = self.now() + timedelta(seconds=_LOST_CHECK_SECONDS)
            schedule_refresh(self.tokens.redis, name, min(later, grant.expires_at))
            return
        destination = self.directory.all().get(name)
        # An operator's pause stays in place; a hold of this cause exists already.
        if destination is not None and read_hold_cause(self.tokens.redis, name) not in {
            HoldCause.PAUSED,
            HoldCause.REAUTHORIZATION_REQUIRED,
        }:
            hold = HoldRequest(
                HoldCause.REAUTHORIZATION_REQUIRED,
                grant.lost or "its tokens cannot be opened",
                _LOST_CHECK_SECONDS,
            )
            hold_destination(self.tokens.scripts, destination, hold)
            log_event("oauth.reauthorization_required", level="error", destination=name)
        schedule_refresh(self.tokens.redis, name, None)
