"""The front endpoint for partners' own payloads: `/v1/webhooks/{source}`."""

from flask import Blueprint, Response, g, request

from relay.core.errors import NotFound, Unauthorized
from relay.core.source import Source
from relay.core.verification.challenge import ChallengeResponse, answer_challenge
from relay.core.verification.rejection import VerificationFailed
from relay.core.verification.request import SignedRequest
from relay.core.verification.strip_credentials import strip_credentials
from relay.core.verification.verify import VerifiedRequest, verify
from relay.core.webhook import Webhook
from relay.ingest.accept_webhook import WebhookRequest, WebhookResult, ingest_webhook, read_payload
from relay.web.context import WebContext, current
from relay.web.problems import json_response
from relay.web.request_body import read_body

endpoint = Blueprint("webhooks_endpoint", __name__)


@endpoint.route(
    "/v1/webhooks/<name>", methods=["GET", "HEAD", "POST", "PUT"], provide_automatic_options=False
)
def accept_webhook(name: str) -> Response:
    """Size, source, signature over raw bytes, strict parse, mapping, one atomic step, answer: in this order.

    What was proven to be the sender's is answered with 2xx, mapped or not: senders drop, pause or block on 4xx.
    """
    known = current()
    source, hook = _hook(known, name)
    g.source = source.name
    bodiless = request.method in {"GET", "HEAD"}
    raw = b"" if bodiless else read_body(request, max_bytes=known.settings.max_body_bytes)
    signed = _signed_request(known, raw)
    told = answer_challenge(hook.challenges, signed)
    if told is not None:
        return _handshake(told)
    proof = _prove(known, hook, signed)
    told = answer_challenge(hook.challenges, signed, accepted=proof, keys=hook.keys)
    if told is not None:
        return _handshake(told)
    if bodiless:
        raise NotFound("not_found", "This source takes POST.")
    delivery = _delivery(source, hook, signed, proof=proof)
    taken = ingest_webhook(known.ingest, delivery)
    g.events = taken.queued + taken.filtered + taken.dead + taken.duplicates
    return _answer(delivery, taken)


def _hook(known: WebContext, name: str) -> tuple[Source, Webhook]:
    hook = known.config.hooks.get(name)
    if hook is None:
        raise NotFound("no_such_source", "There is no webhook of this name.")
    return known.config.sources[name], hook


def _signed_request(known: WebContext, raw: bytes) -> SignedRequest:
    """What the sender signed. The address is the configured one, never what the Host header says."""
    base = known.settings.public_url or ""
    return SignedRequest(
        request.method, base + request.path, list(request.headers.items()), request.query_string, raw
    )


def _prove(known: WebContext, hook: Webhook, signed: SignedRequest) -> VerifiedRequest:
    try:
        return verify(hook.scheme, hook.keys, signed, now=known.now())
    except VerificationFailed as error:
        g.reason = error.reason
        raise Unauthorized("verification_failed", "The request is not proven to be its sender's.") from None


def _delivery(
    source: Source, hook: Webhook, signed: SignedRequest, *, proof: VerifiedRequest
) -> WebhookRequest:
    headers, query = strip_credentials(hook.scheme, dict(signed.headers), request.args.to_dict())
    content_type = request.headers.get("Content-Type", "")
    return WebhookRequest(source, hook, signed.body, content_type, headers, query, proof)


def _handshake(told: ChallengeResponse) -> Response:
    """The body is a text that the request chose: it may be shown as nothing but what it says it is."""
    response = Response(told.body, status=told.status, content_type=told.content_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    g.code = "handshake"
    return response


def _answer(delivery: WebhookRequest, taken: WebhookResult) -> Response:
    own = delivery.hook.answer
    if own is not None:
        response = Response(
            own.words(lambda: read_payload(delivery)), status=own.status, content_type=own.content_type
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
    told = {
        "receipt": taken.receipt,
        "queued": taken.queued,
        "duplicates": taken.duplicates,
        "filtered": taken.filtered,
        "dead": taken.dead,
    }
    return json_response(told, 202)
