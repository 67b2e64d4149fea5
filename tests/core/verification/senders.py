"""Every sender as its vendor documents it, in code that shares nothing with the verifier."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.load_keys import SecretSpec, load_keys
from relay.core.verification.request import SignedRequest

NOW = datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC)
URL = "https://relay.example.com/v1/webhooks/partner"
BODY = json.dumps({"event": "page_view", "title": "Café ✓", "n": [1, 2]}, ensure_ascii=False).encode()
FORM = urlencode({"type": "open", "title": "Café ✓", "email": "a@b.example"}).encode()
TEXT = "5f0c1e7ab2d94c1e8f60aa41d2c39b57"
OTHER = "0123456789abcdef0123456789abcdef"
RAW = bytes(range(32))
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(RAW)
P256 = ec.derive_private_key(int.from_bytes(RAW), ec.SECP256R1())


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def public_der(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> str:
    public_format = serialization.PublicFormat.SubjectPublicKeyInfo
    return b64(key.public_key().public_bytes(serialization.Encoding.DER, public_format))


def mac(message: bytes, *, secret: bytes | str = TEXT, by: str = "sha256") -> bytes:
    return hmac.new(secret.encode() if isinstance(secret, str) else secret, message, by).digest()


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender and its secrets."""

    send: Callable[[bytes, str], SignedRequest]
    """Makes a request from a body and the seconds since 1970."""
    secret: str = TEXT
    wrong: str = OTHER
    body: bytes = BODY
    covers: frozenset[str] = frozenset({"body"})
    """What the signature protects against changes."""

    @property
    def signs_timestamp(self) -> bool:
        return "time" in self.covers

    def request(self, at: datetime = NOW, body: bytes | None = None) -> SignedRequest:
        return self.send(self.body if body is None else body, str(int(at.timestamp())))


def post(
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    query: str = "",
    kind: str = "application/json",
) -> SignedRequest:
    pairs = [("Host", "relay.example.com"), ("Content-Type", kind), *(headers or {}).items()]
    return SignedRequest(method="POST", public_url=URL, headers=pairs, query_string=query.encode(), body=body)


def body_hmac(header: str, write: Callable[[bytes], str], by: str = "sha256") -> Sender:
    return Sender(lambda body, _: post({header: write(mac(body, by=by))}, body))


def standard(family: str) -> Sender:
    def send(body: bytes, seconds: str) -> SignedRequest:
        signature = mac(f"msg_1.{seconds}.".encode() + body, secret=RAW)
        return post(_standard(family, f"v1,{b64(signature)}", seconds), body)

    return Sender(send, "whsec_" + b64(RAW), "whsec_" + b64(bytes(32)), covers=_BODY_TIME_ID)


def standard_v1a(family: str) -> Sender:
    def send(body: bytes, seconds: str) -> SignedRequest:
        signature = ED25519.sign(f"msg_1.{seconds}.".encode() + body)
        return post(_standard(family, f"v1a,{b64(signature)}", seconds), body)

    right, wrong = ED25519, ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    publics = ["whpk_" + b64(key.public_key().public_bytes_raw()) for key in (right, wrong)]
    return Sender(send, *publics, covers=_BODY_TIME_ID)


def _standard(family: str, signature: str, seconds: str) -> dict[str, str]:
    return {f"{family}-id": "msg_1", f"{family}-timestamp": seconds, f"{family}-signature": signature}


def timestamped_pairs(header: str) -> Sender:
    def send(body: bytes, seconds: str) -> SignedRequest:
        signature = mac(f"{seconds}.".encode() + body).hex()
        return post({header: f"t={seconds},v1={signature}"}, body)

    return Sender(send, covers=_BODY_TIME)


def slack_like(signature_header: str, timestamp_header: str, prefix: str = "v0=") -> Sender:
    def send(body: bytes, seconds: str) -> SignedRequest:
        signature = mac(f"v0:{seconds}:".encode() + body).hex()
        return post({signature_header: prefix + signature, timestamp_header: seconds}, body)

    return Sender(send, covers=_BODY_TIME)


def url_and_form_hmac(header: str) -> Sender:
    def send(body: bytes, _: str) -> SignedRequest:
        fields = sorted(parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1"))
        text = URL + "".join(name + value for name, value in fields)
        signature = b64(mac(text.encode("latin-1"), by="sha1"))
        return post({header: signature}, body, kind="application/x-www-form-urlencoded")

    return Sender(send, body=FORM)


def hubspot(body: bytes, seconds: str) -> SignedRequest:
    signature = mac(f"POST{URL}?a=b:c".encode() + body + f"{seconds}000".encode())
    headers = {"X-HubSpot-Signature-v3": b64(signature), "X-HubSpot-Request-Timestamp": f"{seconds}000"}
    return post(headers, body, query="a=b%3Ac")


def sendgrid(body: bytes, seconds: str) -> SignedRequest:
    signature = P256.sign(seconds.encode() + body, ec.ECDSA(hashes.SHA256()))
    name = "X-Twilio-Email-Event-Webhook"
    return post({f"{name}-Signature": b64(signature), f"{name}-Timestamp": seconds}, body)


def showpad(body: bytes, seconds: str) -> SignedRequest:
    signature = b64(mac(body + b"." + seconds.encode()))
    headers = {"X-Showpad-Signature-V1": signature, "X-Showpad-Signature-Timestamp": seconds}
    return post(headers, body)


def webflow(body: bytes, seconds: str) -> SignedRequest:
    signature = mac(f"{seconds}000:".encode() + body).hex()
    return post({"x-webflow-signature": signature, "x-webflow-timestamp": f"{seconds}000"}, body)


def mailgun(body: bytes, seconds: str) -> SignedRequest:
    token = hashlib.sha256(body).hexdigest()[:50]
    signature = {"timestamp": seconds, "token": token, "signature": mac((seconds + token).encode()).hex()}
    return post({}, json.dumps({"signature": signature, "event-data": {"event": "opened"}}).encode())


def dropbox_sign(_: bytes, seconds: str) -> SignedRequest:
    event = {"event_time": seconds, "event_type": "signature_request_sent"}
    event["event_hash"] = mac("".join(event.values()).encode()).hex()
    part = b'Content-Disposition: form-data; name="json"\r\n\r\n' + json.dumps({"event": event}).encode()
    body = b"--XyZ\r\n" + part + b"\r\n--XyZ--\r\n"
    return post({}, body, kind='multipart/form-data; boundary="XyZ"')


def token(headers: Mapping[str, str], *secrets: str, body: bytes = BODY) -> Sender:
    return Sender(
        lambda request_body, _: post(headers, request_body), *secrets, body=body, covers=frozenset()
    )


_BODY_TIME, _BODY_TIME_ID = frozenset({"body", "time"}), frozenset({"body", "time", "id"})
_TIME_ONLY = frozenset({"time"})

SENDERS: Mapping[str, Sender] = {
    "standard": standard("webhook"),
    "standard-v1a": standard_v1a("webhook"),
    "svix": standard("svix"),
    "svix-v1a": standard_v1a("svix"),
    "stripe": timestamped_pairs("Stripe-Signature"),
    "calendly": timestamped_pairs("Calendly-Webhook-Signature"),
    "mailchimp": timestamped_pairs("X-Mailchimp-Signature"),
    "slack": slack_like("X-Slack-Signature", "X-Slack-Request-Timestamp"),
    "zoom": slack_like("x-zm-signature", "x-zm-request-timestamp"),
    "customer-io": slack_like("X-CIO-Signature", "X-CIO-Timestamp", prefix=""),
    "github": Sender(
        lambda body, _: post(
            {"X-Hub-Signature-256": f"sha256={mac(body).hex()}", "X-GitHub-Delivery": "72d3162e"}, body
        )
    ),
    "shopify": body_hmac("X-Shopify-Hmac-SHA256", b64),
    "typeform": body_hmac("Typeform-Signature", lambda signature: f"sha256={b64(signature)}"),
    "docusign": body_hmac("X-DocuSign-Signature-1", b64),
    "storylane": body_hmac("x-storylane-signature", b64),
    "hookdeck": body_hmac("x-hookdeck-signature", b64),
    "pandadoc": Sender(lambda body, _: post({}, body, query=f"signature={mac(body).hex()}")),
    "wistia": body_hmac("X-Wistia-Signature", bytes.hex),
    "dub": body_hmac("Dub-Signature", bytes.hex),
    "papermark": body_hmac("X-Papermark-Signature", bytes.hex),
    "segment": body_hmac("X-Signature", bytes.hex, by="sha1"),
    "intercom": body_hmac("X-Hub-Signature", lambda signature: f"sha1={signature.hex()}", by="sha1"),
    "hubspot": Sender(hubspot, covers=_BODY_TIME),
    "twilio": url_and_form_hmac("X-Twilio-Signature"),
    "mandrill": url_and_form_hmac("X-Mandrill-Signature"),
    "sendgrid": Sender(
        sendgrid, public_der(P256), public_der(ec.derive_private_key(7, ec.SECP256R1())), covers=_BODY_TIME
    ),
    "showpad": Sender(showpad, covers=_BODY_TIME),
    "webflow": Sender(webflow, covers=_BODY_TIME),
    "mailgun": Sender(mailgun, covers=_TIME_ONLY),
    "dropbox-sign": Sender(dropbox_sign, covers=_TIME_ONLY),
    "vidyard": token({}, body=json.dumps({"security_key": TEXT, "type": "view"}).encode()),
    "basic": token(
        {"Authorization": "Basic " + b64(f"partner:{TEXT}".encode())}, f"partner:{TEXT}", f"partner:{OTHER}"
    ),
    "bearer": token({"Authorization": f"Bearer {TEXT}"}),
    "api-key": token({"X-API-Key": TEXT}),
}


def load_sender_keys(name: str, *secrets: str):
    """Load these secrets as keys, or the sender's own secret if there are none."""
    return load_keys(SCHEMES[name], [SecretSpec(secret) for secret in secrets or (SENDERS[name].secret,)])
