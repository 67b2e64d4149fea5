"""An app and a company's administrator: what they send to get access by OAuth."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.sandbox.world import Gong

CLIENT = ("sandbox-client", "sandbox-client-secret")
HOME = "http://127.0.0.1:9/connect/gong/callback"
WRITE = "api:digital-interactions:write"
BOTH = f"{WRITE} api:engagement-data:write"
ASKED = {"client_id": CLIENT[0], "response_type": "code", "redirect_uri": HOME, "scope": BOTH, "state": "s-1"}
GRANTED = ASKED | {"approve": "auto", "company": "acme"}


@dataclass(frozen=True)
class Bearer(requests.auth.AuthBase):
    token: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def authorize(gong: Gong, **asked: Any) -> requests.Response:
    return gong.session.get(
        f"{gong.url}/oauth2/authorize", params=GRANTED | asked, allow_redirects=False, timeout=10
    )


def told(answer: requests.Response) -> dict[str, str]:
    """What the browser brings back to the app."""
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def token(gong: Gong, *, auth: tuple[str, str] = CLIENT, **form: Any) -> requests.Response:
    return requests.post(f"{gong.url}/oauth2/generate-customer-token", data=form, auth=auth, timeout=10)


def exchange(gong: Gong, code: str, **form: Any) -> requests.Response:
    return token(gong, **{"grant_type": "authorization_code", "code": code, "redirect_uri": HOME} | form)


def refresh(gong: Gong, refresh_token: str, **form: Any) -> requests.Response:
    return token(gong, grant_type="refresh_token", refresh_token=refresh_token, **form)


def connected(gong: Gong, **asked: Any) -> dict[str, Any]:
    """The first pair of a new grant."""
    answer = exchange(gong, told(authorize(gong, **asked))["code"])
    assert answer.status_code == 200
    return answer.json()


def register(gong: Gong, **fields: Any) -> requests.Response:
    return gong.turn(
        "apps", {"client_id": "app", "client_secrets": ["old", "new"], "scopes": [WRITE]} | fields
    )
