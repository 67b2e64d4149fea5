"""Pictures of every page, light and dark, on a desk and on a phone, for the docs: `make screenshots`."""

import base64
import contextlib
import math
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page
from redis import Redis

from relay.core.percentiles import bucket_index
from relay.store.engine import keys
from tests.browser.places import PAGES, place
from tests.browser.staging import PLAN, stage
from tests.harness import chromium
from tests.harness.stack import Stack, running

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
DESK, HAND = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
VARIANTS = {
    "": (DESK, "light"),
    "-dark": (DESK, "dark"),
    "-phone": (HAND, "light"),
    "-phone-dark": (HAND, "dark"),
}
_TALLEST = 1500

# Chromium is the only one here who can write this format.
_PRESS = """async (png) => {
  const picture = new Image();
  picture.src = "data:image/png;base64," + png;
  await picture.decode();
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d").drawImage(picture, 0, 0);
  const blob = await canvas.convertToBlob({type: "image/webp", quality: 0.82});
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""


def write_all() -> None:
    """All pictures, anew."""
    FOLDER.mkdir(exist_ok=True)
    with running(PLAN) as stack, chromium.running() as browser, _press(browser) as press:
        stage(stack)
        _remember_an_hour(Redis.from_url(stack.store.url))
        for suffix, (size, scheme) in VARIANTS.items():
            with chromium.visiting(browser, stack.url, viewport=size, color_scheme=scheme) as page:
                for name in PAGES:
                    _write(page, place(stack, name), press, f"{name}{suffix}")
            _write_the_endpoint(browser, stack, press, suffix)


def _write_the_endpoint(browser: Browser, stack: Stack, press: Page, suffix: str) -> None:
    size, scheme = VARIANTS[suffix]
    with chromium.visiting(browser, stack.url, key=None, viewport=size, color_scheme=scheme) as page:
        _write(page, "/ops/sign-in", press, f"sign-in{suffix}")


def _write(page: Page, path: str, press: Page, name: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    height = min(page.evaluate("document.documentElement.scrollHeight"), _TALLEST)
    size: Any = page.viewport_size
    page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
    png = page.screenshot()
    page.set_viewport_size(size)
    webp = base64.b64decode(press.evaluate(_PRESS, base64.b64encode(png).decode()))
    (FOLDER / f"{name}.webp").write_bytes(webp)


@contextlib.contextmanager
def _press(browser: Browser) -> Iterator[Page]:
    """A bare page, which no policy keeps from drawing."""
    page = browser.new_page()
    yield page
    page.close()


def _remember_an_hour(redis: Redis) -> None:
    """Give the charts a past, written as the scripts of the store write it: this relay has run for a minute only."""
    chance, this_minute = random.Random(7), int(time.time()) // 60
    for ago in range(1, 60):
        accepted = int(38 + 14 * math.sin(ago / 6) + chance.randint(-4, 4))
        failed = 9 if 20 < ago < 26 else 0
        counts = {"accepted": accepted, f"delivered:{bucket_index(0.4)}": accepted - 3 - failed}
        counts |= {f"delivered:{bucket_index(1.8)}": 3, f"call:{bucket_index(0.12)}": accepted}
        redis.hset(f"{keys.SERIES}m{this_minute - ago}", mapping=counts | {"failed": failed})


if __name__ == "__main__":
    write_all()
    sys.stdout.write(f"Wrote {len(list(FOLDER.glob('*.webp')))} pictures to {FOLDER}\n")
