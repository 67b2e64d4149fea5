"""Credentials and signatures are never stored, wherever they are in the request."""

import pytest

from relay.core.verification.known_schemes import SCHEMES
from relay.core.verification.scheme import Scheme
from relay.core.verification.scheme_options import build_scheme
from relay.core.verification.strip_credentials import strip_credentials

CREDENTIALS = {"Authorization": "Bearer t", "Cookie": "c", "X-API-Key": "k", "Proxy-Authorization": "p"}


@pytest.mark.parametrize(
    ("scheme", "headers", "query"),
    [
        (SCHEMES["github"], {"X-Hub-Signature-256": "s"}, {}),
        (SCHEMES["docusign"], {"X-DocuSign-Signature-1": "s", "X-DocuSign-Signature-2": "s"}, {}),
        (SCHEMES["pandadoc"], {}, {"signature": "s"}),
        (build_scheme("api-key", {"signature": "query:token"}), {}, {"token": "s"}),
        (None, {}, {}),
    ],
)
def test_only_credentials_and_the_signature_are_removed(
    scheme: Scheme | None, headers: dict[str, str], query: dict[str, str]
):
    stripped = strip_credentials(scheme, CREDENTIALS | headers | {"X-Topic": "t"}, query | {"page": "1"})

    assert stripped == ({"x-topic": "t"}, {"page": "1"})
