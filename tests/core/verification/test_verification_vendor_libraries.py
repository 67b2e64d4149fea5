"""The vendors' own libraries and the verifier agree: on requests that a library signs, and on forgeries.

The libraries are not dependencies of the relay. Tests of a library that is not installed are skipped; `make sdks`
installs them all.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType
from urllib.parse import parse_qsl, urlencode

import pytest

from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.rejection import VerificationFailed
from relay.core.verification.request import SignedRequest
from relay.core.verification.verify import verify
from tests.core.verification.senders import SENDERS, TEXT, URL, load_sender_keys, post

# The libraries may raise deprecation warnings of their own.
pytestmark = pytest.mark.filterwarnings("default")

FORM_TYPE = "application/x-www-form-urlencoded"
HUBSPOT = "X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"
SENDGRID = "x-twilio-email-event-webhook"


def now() -> datetime:
    """Return the real time, which the libraries use."""
    return datetime.now(UTC).replace(microsecond=0)


def lower_headers(request: SignedRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers}


def verify_with_standard(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    module.Webhook(secret).verify(request.body, lower_headers(request))
    return True


def standard_signer(family: str) -> Callable[[ModuleType, bytes, str], SignedRequest]:
    def sign(module: ModuleType, body: bytes, timestamp: str) -> SignedRequest:
        at = datetime.fromtimestamp(int(timestamp), tz=UTC)
        signature = module.Webhook(SENDERS["standard"].secret).sign("msg_2", at, body.decode())
        headers = {"id": "msg_2", "timestamp": timestamp, "signature": signature}
        return post({f"{family}-{name}": value for name, value in headers.items()}, body)

    return sign


def verify_with_stripe(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    header = lower_headers(request)["stripe-signature"]
    return module.WebhookSignature.verify_header(request.body, header, secret, tolerance=300)


def sign_with_stripe(module: ModuleType, body: bytes, timestamp: str) -> SignedRequest:
    header = module.WebhookSignature.generate_signature_header(body.decode(), TEXT, timestamp=int(timestamp))
    return post({"Stripe-Signature": header}, body)


def verify_with_slack(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    return module.SignatureVerifier(secret).is_valid_request(request.body, lower_headers(request))


def sign_with_slack(module: ModuleType, body: bytes, timestamp: str) -> SignedRequest:
    signature = module.SignatureVerifier(TEXT).generate_signature(timestamp=timestamp, body=body)
    return post({"X-Slack-Signature": signature, "X-Slack-Request-Timestamp": timestamp}, body)


def verify_with_twilio(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    params = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    return module.RequestValidator(secret).validate(URL, params, lower_headers(request)["x-twilio-signature"])


def sign_with_twilio(module: ModuleType, body: bytes, timestamp: str) -> SignedRequest:
    form = {"At": timestamp, "Title": json.loads(body).get("title", "é +&="), "Empty": ""}
    signature = module.RequestValidator(TEXT).compute_signature(URL.replace(".com", ".com:443"), form)
    return post({"X-Twilio-Signature": signature}, urlencode(form).encode(), kind=FORM_TYPE)


def verify_with_sendgrid(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    signature, timestamp = (
        lower_headers(request)[f"{SENDGRID}-{name}"] for name in ("signature", "timestamp")
    )
    return module.EventWebhook(secret).verify_signature(request.body.decode(), signature, timestamp)


def verify_with_hubspot(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    signature, timestamp = (lower_headers(request)[name.lower()] for name in HUBSPOT)
    uri = f"{URL}?a=b:c"
    return module.Signature.is_valid(signature, secret, request.body.decode(), uri, "POST", "v3", timestamp)


def sign_with_hubspot(module: ModuleType, body: bytes, timestamp: str) -> SignedRequest:
    milliseconds = f"{timestamp}123"
    signature = module.Signature.get_signature(TEXT, body.decode(), "v3", URL, "POST", milliseconds)
    return post(dict(zip(HUBSPOT, (signature, milliseconds), strict=True)), body)


def verify_with_github(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    module.validate_event(
        request.body, signature=lower_headers(request)["x-hub-signature-256"], secret=secret
    )
    return True


def verify_with_dropbox(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    event = json.loads(request.body.split(b"\r\n\r\n")[1].split(b"\r\n--")[0])["event"]
    callback = module.EventCallbackRequest(event=module.EventCallbackRequestEvent(**event))
    return module.EventCallbackHelper.is_valid(secret, callback)


def verify_with_customer_io(module: ModuleType, secret: str, request: SignedRequest) -> bool:
    headers = lower_headers(request)
    return module.validate_signature(
        secret, int(headers["x-cio-timestamp"]), request.body, headers["x-cio-signature"]
    )


@dataclass(frozen=True, slots=True)
class Library:
    module: str
    verify: Callable[[ModuleType, str, SignedRequest], bool]
    sign: Callable[[ModuleType, bytes, str], SignedRequest] | None = None


LIBRARIES: Mapping[str, Library] = {
    "standard": Library("standardwebhooks", verify_with_standard, standard_signer("webhook")),
    "svix": Library("svix.webhooks", verify_with_standard, standard_signer("svix")),
    "stripe": Library("stripe", verify_with_stripe, sign_with_stripe),
    "slack": Library("slack_sdk.signature", verify_with_slack, sign_with_slack),
    "twilio": Library("twilio.request_validator", verify_with_twilio, sign_with_twilio),
    "sendgrid": Library("sendgrid.helpers.eventwebhook", verify_with_sendgrid),
    "hubspot": Library("hubspot.utils.signature", verify_with_hubspot, sign_with_hubspot),
    "github": Library("gidgethub.sansio", verify_with_github),
    "dropbox-sign": Library("dropbox_sign", verify_with_dropbox),
    "customer-io": Library("async_customerio.request_validator", verify_with_customer_io),
}


def import_library(name: str) -> ModuleType:
    if os.environ.get("SDKS_REQUIRED"):
        return import_module(LIBRARIES[name].module)
    return pytest.importorskip(LIBRARIES[name].module, reason="the vendor's library is not installed")


def accepts(name: str, secret: str, request: SignedRequest) -> bool:
    try:
        return bool(verify(SCHEMES[name], load_sender_keys(name, secret), request, now=now()))
    except VerificationFailed:
        return False


def library_accepts(name: str, secret: str, request: SignedRequest) -> bool:
    """Return whether the library accepts the request. Libraries reject with many kinds of exceptions, some unintended."""
    try:
        return LIBRARIES[name].verify(import_library(name), secret, request)
    except Exception:  # noqa: BLE001 any exception means that the library rejects the request
        return False


def signed_and_forged_requests(scheme_name: str) -> list[tuple[bool, str, SignedRequest]]:
    """Return tuples of whether the request is genuine, the secret to verify it with, and the request."""
    sender = SENDERS[scheme_name]
    genuine = sender.request(now())
    cases = [(True, sender.secret, genuine), (False, sender.wrong, genuine)]
    if "body" in sender.covers:
        cases.append((False, sender.secret, replace(genuine, body=genuine.body[:-1] + b"\x7d\x20")))
    cases += [
        (
            False,
            sender.secret,
            replace(
                genuine,
                headers=[(name, value.translate(_OTHER_DIGITS)) for name, value in genuine.headers],
            ),
        )
    ]
    return cases if scheme_name != "dropbox-sign" else cases[:2]


_OTHER_DIGITS = str.maketrans("0123456789abcdef", "1032547698badcfe")


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_vendors_library_and_the_verifier_agree(name):
    import_library(name)

    for is_genuine, secret, request in signed_and_forged_requests(name):
        assert accepts(name, secret, request) is library_accepts(name, secret, request) is is_genuine


@pytest.mark.parametrize("name", [name for name, library in LIBRARIES.items() if library.sign])
@pytest.mark.parametrize(
    "body", [b'{"a": 1}', '{"title": "Café ✓"}'.encode(), b'{"a": "%s"}' % (b"x" * 4_000)]
)
def test_a_request_that_the_vendors_library_signs_is_accepted(name, body):
    sign = LIBRARIES[name].sign
    assert sign

    request = sign(import_library(name), body, str(int(now().timestamp())))

    assert accepts(name, SENDERS[name].secret, request)
    assert not accepts(name, SENDERS[name].wrong, request)
