"""Functions on URLs and user agents."""

import re
from urllib.parse import parse_qsl, urlsplit

_MOST_PAIRS = 200
_MOBILE = re.compile(r"mobi|iphone|ipod|ipad|android|tablet|phone", re.IGNORECASE)
_COMPUTER = re.compile(r"desktop|windows|macintosh|mac os|x11|linux|cros|\bpc\b", re.IGNORECASE)
_BOT = re.compile(
    r"bot\b|bots\b|crawl|spider|slurp|preview|scan|monitor|headless|lighthouse|googleimageproxy|yahoomailproxy"
    r"|pagerenderer|facebookexternalhit|curl/|wget/|python-|go-http|java/|okhttp|libwww|axios|barracuda|mimecast"
    r"|proofpoint|safelinks|phantomjs|puppeteer|selenium",
    re.IGNORECASE,
)
_PLATFORMS = (
    ("iOS", re.compile(r"iphone|ipad|ipod", re.IGNORECASE)),
    ("Android", re.compile(r"android", re.IGNORECASE)),
    ("Windows", re.compile(r"windows", re.IGNORECASE)),
    ("MacOS", re.compile(r"macintosh|mac os", re.IGNORECASE)),
    ("Linux", re.compile(r"linux|x11", re.IGNORECASE)),
)
_READ = 1_000


def device(agent: str) -> str | None:
    """`device('Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X)')` is `"MOBILE"`.

    Takes a vendor's own word as well: `device('Desktop')` is `"PC"`. What tells nothing is null.
    """
    if _MOBILE.search(agent, 0, _READ):
        return "MOBILE"
    return "PC" if _COMPUTER.search(agent, 0, _READ) else None


def platform(agent: str) -> str | None:
    """`platform('Mozilla/5.0 (Windows NT 10.0; Win64; x64)')` is `"Windows"`: one of Gong's five, or null."""
    return next((name for name, sign in _PLATFORMS if sign.search(agent, 0, _READ)), None)


def is_bot(agent: str) -> bool:
    """`is_bot('Mozilla/5.0 (compatible; Googlebot/2.1)')` is `true`: crawlers, scanners and mail proxies."""
    return _BOT.search(agent, 0, _READ) is not None


def query_param(url: str, name: str) -> str | None:
    """`query_param('https://acme.com/?utm_source=mail', 'utm_source')` is `"mail"`."""
    pairs = parse_qsl(urlsplit(url).query, max_num_fields=_MOST_PAIRS)
    return next((value for key, value in pairs if key == name), None)


def path_of(url: str) -> str:
    """`path_of('https://acme.com/pricing?x=1')` is `"/pricing"`."""
    return urlsplit(url).path


def without_query(url: str) -> str:
    """`without_query('https://acme.com/pricing?x=1#top')` is `"https://acme.com/pricing"`."""
    return url.partition("#")[0].partition("?")[0]


FUNCTIONS = (device, platform, is_bot, query_param, path_of, without_query)
