"""Screenshots of every page for the docs, light and dark, wide and narrow: `make screenshots`."""

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
from tests.browser.paths import PAGES, page_path
from tests.browser.staging import PLAN, stage
from tests.harness import chromium
from tests.harness.stack import Stack, running

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
VARIANTS = {
    "": (WIDE, "light"),
    "-dark": (WIDE, "dark"),
    "-phone": (NARROW, "light"),
    "-phone-dark": (NARROW, "dark"),
}
_MAX_HEIGHT = 1500

# Chromium converts the pictures, because no other tool here can write WebP.
_CONVERT_SCRIPT = """async (png) => {
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
    """Write all screenshots."""
    FOLDER.mkdir(exist_ok=True)
    with running(PLAN) as stack, chromium.running() as browser, _converter_page(browser) as converter:
        stage(stack)
        _write_past_hour(Redis.from_url(stack.store.url))
        for suffix, (size, scheme) in VARIANTS.items():
            with chromium.visiting(browser, stack.url, viewport=size, color_scheme=scheme) as page:
                for name in PAGES:
                    _write(page, page_path(stack, name), converter, f"{name}{suffix}")
            _write_sign_in(browser, stack, converter, suffix)


def _write_sign_in(browser: Browser, stack: Stack, converter: Page, suffix: str) -> None:
    size, scheme = VARIANTS[suffix]
    with chromium.visiting(browser, stack.url, key=None, viewport=size, color_scheme=scheme) as page:
        _write(page, "/ops/sign-in", converter, f"sign-in{suffix}")


def _write(page: Page, path: str, converter: Page, name: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    height = min(page.evaluate("document.documentElement.scrollHeight"), _MAX_HEIGHT)
    size: Any = page.viewport_size
    page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
    png = page.screenshot()
    page.set_viewport_size(size)
    webp = base64.b64decode(converter.evaluate(_CONVERT_SCRIPT, base64.b64encode(png).decode()))
    (FOLDER / f"{name}.webp").write_bytes(webp)


@contextlib.contextmanager
def _converter_page(browser: Browser) -> Iterator[Page]:
    """Open a blank page, in which no content security policy blocks the conversion."""
    page = browser.new_page()
    yield page
    page.close()


def _write_past_hour(redis: Redis) -> None:
    """Write an hour of counts for the charts, as the store's scripts write them. The staged relay has run for a minute."""
    rng, this_minute = random.Random(7), int(time.time()) // 60
    for ago in range(1, 60):
        accepted = int(38 + 14 * math.sin(ago / 6) + rng.randint(-4, 4))
        failed = 9 if 20 < ago < 26 else 0
        counts = {"accepted": accepted, f"delivered:{bucket_index(0.4)}": accepted - 3 - failed}
        counts |= {f"delivered:{bucket_index(1.8)}": 3, f"call:{bucket_index(0.12)}": accepted}
        redis.hset(f"{keys.SERIES}m{this_minute - ago}", mapping=counts | {"failed": failed})


if __name__ == "__main__":
    write_all()
    sys.stdout.write(f"Wrote {len(list(FOLDER.glob('*.webp')))} screenshots to {FOLDER}\n")
