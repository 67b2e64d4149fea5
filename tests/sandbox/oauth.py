"""The requests of an OAuth app and of a company's administrator: consent, exchange and refresh."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.sandbox.client import Gong

CLIENT = ("sandbox-client", "sandbox-client-secret")
CALLBACK = "http://127.0.0.1:9/connect/gong/callback"
WRITE_SCOPE = "api:digital-interactions:write"
BOTH_SCOPES = f"{WRITE_SCOPE} api:engagement-data:write"
CONSENT_PARAMS = {
    "client_id": CLIENT[0],
    "response_type": "code",
    "redirect_uri": CALLBACK,
    "scope": BOTH_SCOPES,
    "state": "s-1",
}
APPROVED_PARAMS = CONSENT_PARAMS | {"approve": "auto", "company": "acme"}


@dataclass(frozen=True)
class Bearer(requests.auth.AuthBase):
    token: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def authorize(gong: Gong, **params: Any) -> requests.Response:
    return gong.session.get(
        f"{gong.url}/oauth2/authorize", params=APPROVED_PARAMS | params, allow_redirects=False, timeout=10
    )


def callback_params(response: requests.Response) -> dict[str, str]:
    """Return the parameters that the redirect brings back to the app."""
    assert response.status_code == 302
    return {
        name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()
    }


def request_token(gong: Gong, *, auth: tuple[str, str] = CLIENT, **form: Any) -> requests.Response:
    return requests.post(f"{gong.url}/oauth2/generate-customer-token", data=form, auth=auth, timeout=10)


def exchange(gong: Gong, code: str, **form: Any) -> requests.Response:
    return request_token(
        gong, **{"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK} | form
    )


def refresh(gong: Gong, refresh_token: str, **form: Any) -> requests.Response:
    return request_token(gong, grant_type="refresh_token", refresh_token=refresh_token, **form)


def connect(gong: Gong, **params: Any) -> dict[str, Any]:
    """Return the first token pair of a new grant."""
    response = exchange(gong, callback_params(authorize(gong, **params))["code"])
    assert response.status_code == 200
    return response.json()


def register(gong: Gong, **fields: Any) -> requests.Response:
    return gong.control(
        "apps", {"client_id": "app", "client_secrets": ["old", "new"], "scopes": [WRITE_SCOPE]} | fields
    )
