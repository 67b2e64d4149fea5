"""The schemes that a configuration can name."""

from collections.abc import Mapping
from dataclasses import replace

from relay.core.verification.scheme import (
    RETRY_PERIOD_SECONDS_MAX,
    Algorithm,
    Encoding,
    Field,
    Scheme,
    SecretFormat,
    TimestampFormat,
    parse_field,
    parse_template,
)

_SHA1, _SHA256 = Algorithm.HMAC_SHA1, Algorithm.HMAC_SHA256
_BODY = parse_template("{body}")
_THREE_MINUTES_SECONDS = 180

_HUBSPOT_ESCAPES = "%3A %2F %3F %40 %21 %24 %27 %28 %29 %2A %2C %3B"


def _field(text: str, *, prefix: str = "", separator: str = "") -> Field:
    return replace(parse_field(text), prefix=prefix, separator=separator)


def _authorization(prefix: str) -> Field:
    return replace(parse_field("header:authorization"), prefix=prefix, ignore_case=True)


def _body_hmac(name: str, signature: str, *, prefix: str = "", encoding: Encoding = Encoding.HEX) -> Scheme:
    """HMAC-SHA256 of only the body: the most common scheme, and the weakest against replays."""
    return Scheme(
        name=name,
        algorithm=_SHA256,
        signature=_field(signature, prefix=prefix),
        signed=_BODY,
        encoding=encoding,
    )


def _timestamped_pairs(name: str, header: str, *, tolerance_seconds: int = 300) -> Scheme:
    """`t=<seconds>,v1=<hex>` in one header, as Stripe does."""
    return Scheme(
        name=name,
        algorithm=_SHA256,
        signature=_field(header, prefix="v1=", separator=","),
        signed=parse_template("{timestamp}.{body}"),
        timestamp=_field(header, prefix="t=", separator=","),
        tolerance_seconds=tolerance_seconds,
    )


def _slack_like(name: str, vendor: str, *, prefix: str = "", time: str = "timestamp") -> Scheme:
    """Slack's signed text, which other senders copied: `v0:<seconds>:<body>`."""
    return Scheme(
        name=name,
        algorithm=_SHA256,
        signature=_field(f"header:x-{vendor}-signature", prefix=prefix),
        signed=parse_template("v0:{timestamp}:{body}"),
        timestamp=_field(f"header:x-{vendor}-{time}"),
    )


def _standard(name: str, family: str, algorithm: Algorithm) -> Scheme:
    """Standard Webhooks 1.0.0. Each of its two algorithms is its own scheme, so that a request cannot choose the algorithm."""
    is_shared_secret = algorithm is _SHA256
    return Scheme(
        name=name,
        algorithm=algorithm,
        signature=_field(
            f"header:{family}-signature", prefix="v1," if is_shared_secret else "v1a,", separator=" "
        ),
        signed=parse_template("{id}.{timestamp}.{body}"),
        encoding=Encoding.BASE64,
        secret_format=SecretFormat.WHSEC if is_shared_secret else SecretFormat.WHPK,
        timestamp=_field(f"header:{family}-timestamp"),
        id=_field(f"header:{family}-id"),
    )


_SCHEMES = (
    _standard("standard", "webhook", _SHA256),
    _standard("standard-v1a", "webhook", Algorithm.ED25519),
    _standard("svix", "svix", _SHA256),
    _standard("svix-v1a", "svix", Algorithm.ED25519),
    _timestamped_pairs("stripe", "header:stripe-signature"),
    _timestamped_pairs(
        "calendly", "header:calendly-webhook-signature", tolerance_seconds=_THREE_MINUTES_SECONDS
    ),
    _timestamped_pairs("mailchimp", "header:x-mailchimp-signature"),
    replace(
        _slack_like("slack", "slack", prefix="v0=", time="request-timestamp"),
        # Slack still sends the token with which requests were verified before they were signed.
        credentials=(_field("json:token"), _field("form:token")),
    ),
    _slack_like("zoom", "zm", prefix="v0=", time="request-timestamp"),
    _slack_like("customer-io", "cio"),
    replace(
        # The delivery id is not signed, so it identifies a delivery but does not prevent a replay.
        _body_hmac("github", "header:x-hub-signature-256", prefix="sha256="),
        id=_field("header:x-github-delivery"),
    ),
    _body_hmac("shopify", "header:x-shopify-hmac-sha256", encoding=Encoding.BASE64),
    _body_hmac("typeform", "header:typeform-signature", prefix="sha256=", encoding=Encoding.BASE64),
    _body_hmac("docusign", "headers:x-docusign-signature-", encoding=Encoding.BASE64),
    _body_hmac("storylane", "header:x-storylane-signature", encoding=Encoding.BASE64),
    _body_hmac("hookdeck", "header:x-hookdeck-signature", encoding=Encoding.BASE64),
    _body_hmac("pandadoc", "query:signature"),
    _body_hmac("wistia", "header:x-wistia-signature"),
    _body_hmac("dub", "header:dub-signature"),
    _body_hmac("papermark", "header:x-papermark-signature"),
    # Segment signs only the first event of a batch. The signature does not match the body, so batches are rejected.
    Scheme(name="segment", algorithm=_SHA1, signature=_field("header:x-signature"), signed=_BODY),
    Scheme(
        name="intercom",
        algorithm=_SHA1,
        signature=_field("header:x-hub-signature", prefix="sha1="),
        signed=_BODY,
    ),
    Scheme(
        name="hubspot",
        algorithm=_SHA256,
        signature=_field("header:x-hubspot-signature-v3"),
        signed=parse_template("{method}{url}{body}{timestamp}"),
        encoding=Encoding.BASE64,
        timestamp=_field("header:x-hubspot-request-timestamp"),
        timestamp_format=TimestampFormat.MILLISECONDS,
        url_decode=frozenset(_HUBSPOT_ESCAPES.split()),
    ),
    Scheme(
        name="twilio",
        algorithm=_SHA1,
        signature=_field("header:x-twilio-signature"),
        signed=parse_template("{url}{form}"),
        encoding=Encoding.BASE64,
        body_digest=_field("query:bodySHA256"),
        optional_port=True,
    ),
    Scheme(
        name="mandrill",
        algorithm=_SHA1,
        signature=_field("header:x-mandrill-signature"),
        signed=parse_template("{url}{form}"),
        encoding=Encoding.BASE64,
    ),
    Scheme(
        name="sendgrid",
        algorithm=Algorithm.ECDSA_P256,
        signature=_field("header:x-twilio-email-event-webhook-signature"),
        signed=parse_template("{timestamp}{body}"),
        encoding=Encoding.BASE64,
        secret_format=SecretFormat.PUBLIC_KEY,
        timestamp=_field("header:x-twilio-email-event-webhook-timestamp"),
    ),
    Scheme(
        name="showpad",
        algorithm=_SHA256,
        signature=_field("header:x-showpad-signature-v1", separator=","),
        signed=parse_template("{body}.{timestamp}"),
        encoding=Encoding.BASE64,
        timestamp=_field("header:x-showpad-signature-timestamp"),
    ),
    Scheme(
        name="webflow",
        algorithm=_SHA256,
        signature=_field("header:x-webflow-signature"),
        signed=parse_template("{timestamp}:{body}"),
        timestamp=_field("header:x-webflow-timestamp"),
        timestamp_format=TimestampFormat.MILLISECONDS,
    ),
    Scheme(
        # Signs a timestamp and a random token, but not the event.
        name="mailgun",
        algorithm=_SHA256,
        signature=_field("json:signature.signature"),
        signed=parse_template("{timestamp}{id}"),
        timestamp=_field("json:signature.timestamp"),
        id=_field("json:signature.token"),
        credentials=(_field("json:signature.token"),),
    ),
    Scheme(
        # Signs only the second and type of an event, which two events can share. Retries keep the original timestamp.
        name="dropbox-sign",
        algorithm=_SHA256,
        signature=_field("json:event.event_hash"),
        signed=parse_template("{timestamp}{json:event.event_type}"),
        timestamp=_field("json:event.event_time"),
        tolerance_seconds=RETRY_PERIOD_SECONDS_MAX,
        json_field="json",
        unique_signature=False,
    ),
    Scheme(
        name="vidyard",
        algorithm=Algorithm.TOKEN,
        signature=_field("json:security_key"),
        encoding=Encoding.PLAIN,
    ),
    Scheme(
        name="basic",
        algorithm=Algorithm.TOKEN,
        signature=_authorization("Basic "),
        encoding=Encoding.BASE64,
        secret_format=SecretFormat.USER_PASSWORD,
    ),
    Scheme(
        name="bearer", algorithm=Algorithm.TOKEN, signature=_authorization("Bearer "), encoding=Encoding.PLAIN
    ),
    Scheme(
        name="api-key",
        algorithm=Algorithm.TOKEN,
        signature=_field("header:x-api-key"),
        encoding=Encoding.PLAIN,
    ),
    Scheme(name="none", algorithm=Algorithm.NONE),
)

CUSTOM = Scheme(name="custom", algorithm=_SHA256, signed=_BODY)
"""The defaults of `custom`. A configuration must set `signature`; all other options are optional."""

SCHEMES: Mapping[str, Scheme] = {scheme.name: scheme for scheme in _SCHEMES}
