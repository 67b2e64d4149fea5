"""Other forms of a path never lead to a route that a proxy's list of paths would not have recognized."""

from collections.abc import Iterator

import pytest

from tests.harness import raw
from tests.harness.accounts import ADMIN_KEY, Account
from tests.harness.stack import Launch, Plan, Stack

pytestmark = pytest.mark.slow

SERVED = "/v1/queues"


@pytest.fixture(scope="module")
def stack(launch: Launch) -> Iterator[Stack]:
    with launch(Plan([Account("paths")], workers=0)) as stack:
        yield stack


def status(stack: Stack, target: str, *headers: str) -> int:
    """Request a target exactly as written, as the administrator."""
    lines = [f"GET {target} HTTP/1.1", "Host: relay", f"X-API-Key: {ADMIN_KEY}", *headers, "", ""]
    with raw.connect(stack.url) as wire:
        wire.sendall("\r\n".join(lines).encode())
        return raw.status(wire)


@pytest.mark.parametrize("target", [SERVED, f"{SERVED}?a=//%2F/../", f"http://other.example{SERVED}"])
def test_the_path_itself_is_served(stack: Stack, target: str):
    assert status(stack, target) == 200


@pytest.mark.parametrize(
    "target",
    [
        "//v1/queues",
        "/v1//queues",
        "/v1/queues//",
        "/v1/queues/",
        "/./v1/queues",
        "/v1/./queues",
        "/v1/queues/.",
        "/v1/webhooks/../queues",
        "/v1/webhooks/%2e%2e/queues",
        "/v1/webhooks/..%2Fqueues",
        "/v1/webhooks/..%2fqueues",
        "/v1/webhooks/%2e%2E%2Fqueues",
        "/v2/../v1/queues",
        "/v1%2Fqueues",
        "/v1%2fqueues",
        "/%2Fv1/queues",
        "/v1%5Cqueues",
        "/v1\\queues",
        "/v1/%71ueues",
        "/%76%31/queues",
        "/v1/queue%73",
        "/v%31/queues",
        "/v1/queues%00",
        "/V1/queues",
        "/v1/queues;a=b",
        "http://other.example//v1/queues",
    ],
)
def test_another_form_of_it_is_not_found(stack: Stack, target: str):
    assert status(stack, target) == 404


@pytest.mark.parametrize(
    "header", ["SCRIPT_NAME", "PATH_INFO", "Script-Name", "X-Script-Name", "X-Original-URL"]
)
@pytest.mark.parametrize("value", ["/v1/webhooks", "/v1/webhooks/x", SERVED])
def test_no_header_changes_the_path(stack: Stack, header: str, value: str):
    assert status(stack, f"/v1/webhooks{SERVED}", f"{header}: {value}") == 404
    assert status(stack, SERVED, f"{header}: {value}") == 200


def test_characters_that_need_encoding_are_accepted(stack: Stack):
    # An id with a colon, a tilde and a space: no such event, but the route exists.
    assert status(stack, "/v1/sources/paths") == 200
    assert status(stack, "/v1/events/paths%3Aa%7Eb%20c") == 404
