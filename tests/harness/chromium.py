"""The browser for tests of pages, and a record of every error that it reports."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.harness.accounts import ADMIN_KEY

PATH = Path("/usr/bin/chromium")
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_LISTEN = (
    "document.addEventListener('securitypolicyviolation', (e) => console.error('CSP ' + e.violatedDirective))"
)

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@contextmanager
def running() -> Iterator[Browser]:
    """Run Chromium. Skips the test if there is none, unless RELAY_REQUIRE_BROWSER is set."""
    if not PATH.exists():
        missing = f"no Chromium at {PATH}: apt-get install chromium"
        pytest.fail(missing) if os.environ.get("RELAY_REQUIRE_BROWSER") else pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PATH, args=_QUIET)
        yield browser
        browser.close()


@contextmanager
def visiting(
    browser: Browser, url: str, *, key: str | None = ADMIN_KEY, complains: bool = False, **how: Any
) -> Iterator[Page]:
    """Open a page, signed in with a key if one is given. The browser must report no error, unless `complains`."""
    context = browser.new_context(base_url=url, **({"viewport": WIDE} | how))
    context.add_init_script(_LISTEN)
    page = context.new_page()
    complaints = heard(page)
    if key:
        sign_in(page, key)
    yield page
    context.close()
    assert complains or not complaints, complaints


def heard(page: Page) -> list[str]:
    """Record every console error and every exception of a script from now on."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def sign_in(page: Page, key: str) -> None:
    """Sign in with the form, as a person does."""
    page.goto("/ops/sign-in")
    page.get_by_label("Operator key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/ops/")
