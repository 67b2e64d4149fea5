"""Functions on URLs and user agents."""

import re
from urllib.parse import parse_qsl, urlsplit

_PAIRS_MAX = 200
_AGENT_READ_MAX = 1_000
"""Characters of a user agent that are searched."""

_MOBILE = ("mobi", "iphone", "ipod", "ipad", "android", "tablet", "phone")
_COMPUTER = ("desktop", "windows", "macintosh", "mac os", "x11", "linux", "cros", "laptop")
_BOTS = (
    "crawl", "spider", "slurp", "preview", "scanner", "monitor", "headless", "lighthouse", "googleimageproxy",
    "yahoomailproxy", "pagerenderer", "facebookexternalhit", "curl/", "wget/", "python-", "go-http", "java/",
    "okhttp", "libwww", "axios", "barracuda", "mimecast", "proofpoint", "safelinks", "phantomjs", "puppeteer",
    "selenium",
)  # fmt: skip
_BOT = re.compile(r"bots?\b")
_PLATFORMS = {
    "iOS": ("iphone", "ipad", "ipod"),
    "Android": ("android",),
    "Windows": ("windows",),
    "MacOS": ("macintosh", "mac os"),
    "Linux": ("linux", "x11"),
}


def device(agent: str) -> str | None:
    """`device('Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X)')` is `"MOBILE"`.

    Takes a vendor's own word too: `device('Desktop')` is `"PC"`. An unknown device is null.
    """
    # Mobile first: an Android tablet's agent says Linux too.
    if _contains_any(agent, _MOBILE):
        return "MOBILE"
    return "PC" if _contains_any(agent, _COMPUTER) else None


def platform(agent: str) -> str | None:
    """`platform('Mozilla/5.0 (Windows NT 10.0; Win64; x64)')` is `"Windows"`: one of Gong's five platforms, or null."""
    return next((name for name, signs in _PLATFORMS.items() if _contains_any(agent, signs)), None)


def is_bot(agent: str) -> bool:
    """`is_bot('Mozilla/5.0 (compatible; Googlebot/2.1)')` is `true` for crawlers, scanners and mail proxies."""
    return _contains_any(agent, _BOTS) or _BOT.search(agent[:_AGENT_READ_MAX].lower()) is not None


def _contains_any(agent: str, signs: tuple[str, ...]) -> bool:
    # Real agents have 100 to 300 characters.
    start = agent[:_AGENT_READ_MAX].lower()
    return any(sign in start for sign in signs)


def query_param(url: str, name: str) -> str | None:
    """`query_param('https://acme.com/?utm_source=mail', 'utm_source')` is `"mail"`."""
    # parse_qsl() raises ValueError above the limit, which Function.call reports as NoValue.
    pairs = parse_qsl(urlsplit(url).query, max_num_fields=_PAIRS_MAX)
    return next((value for key, value in pairs if key == name), None)


def path_of(url: str) -> str:
    """`path_of('https://acme.com/pricing?x=1')` is `"/pricing"`."""
    return urlsplit(url).path


def without_query(url: str) -> str:
    """`without_query('https://acme.com/pricing?x=1#top')` is `"https://acme.com/pricing"`."""
    return url.partition("#")[0].partition("?")[0]


FUNCTIONS = (device, platform, is_bot, query_param, path_of, without_query)
