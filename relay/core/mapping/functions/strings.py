"""Functions on text. None of them takes a pattern: a pattern can be made to run for hours."""

import re
from hashlib import sha256 as digest
from html import unescape
from typing import Any
from unicodedata import normalize

import orjson

from relay.core.mapping.functions.registry import check_length

_HIDDEN = [
    (re.compile(rf"<{tag}\b", re.IGNORECASE), re.compile(rf"</{tag}\s*>", re.IGNORECASE))
    for tag in ("script", "style")
]
_TAG = re.compile(r"<[^<>]*>")
_SPACES = re.compile(r"\s+")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_BREAKS = re.compile(r"</?(?:p|div|br|li|tr|h[1-6]|ul|ol|table)\b[^<>]*>", re.IGNORECASE)


def lower(text: str) -> str:
    """`lower('Page Viewed')` is `"page viewed"`."""
    return text.lower()


def upper(text: str) -> str:
    """`upper('percentage')` is `"PERCENTAGE"`."""
    return text.upper()


def capitalize(text: str) -> str:
    """`capitalize('page viewed')` is `"Page viewed"`: only the first letter changes."""
    return text[:1].upper() + text[1:]


def trim(text: str) -> str:
    """`trim('  a b ')` is `"a b"`."""
    return text.strip()


def replace(text: str, old: str, new: str) -> str:
    """`replace('document.sent', '.', ' ')` is `"document sent"`."""
    check_length(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


def split(text: str, between: str) -> list[str]:
    """`split('a, b,', ',')` is `["a", "b"]`: trimmed, without empty parts."""
    return [part.strip() for part in text.split(between) if part.strip()]


def words(*parts: Any) -> str | None:
    """`words('Jane', `null`, 'Roe')` is `"Jane Roe"`: what is there, with a space between."""
    there = [part.strip() for part in parts if isinstance(part, str) and part.strip()]
    check_length(sum(map(len, there)))
    return " ".join(there) or None


def truncate(text: str, characters: float) -> str:
    """`truncate('A long title', `6`)` is `"A lon…"`."""
    most = max(1, int(characters))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def before(text: str, mark: str) -> str:
    """`before('viewing_session.play', '.')` is `"viewing_session"`; without the mark it is the whole text."""
    return text.partition(mark)[0]


def after(text: str, mark: str) -> str:
    """`after('document.completed', '.')` is `"completed"`; without the mark it is the whole text."""
    head, found, tail = text.partition(mark)
    return tail if found else head


def slug(text: str) -> str:
    """`slug('Größe & Preis')` is `"grosse-preis"`: lower case, ASCII, hyphens."""
    plain = normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return _NO_WORD.sub("-", plain).strip("-")


def humanize(text: str) -> str:
    """`humanize('demo_viewed')` is `"demo viewed"`: dots, underscores and hyphens become spaces."""
    return " ".join(re.split(r"[\s._-]+", text.lower())).strip()


def strip_html(text: str) -> str:
    """`strip_html('<p>Jane &amp; <b>Bob</b></p><script>x</script>')` is `"Jane & Bob"`."""
    shown = text
    for start, end in _HIDDEN:
        shown = _without(shown, start, end)
    plain = _TAG.sub("", _BREAKS.sub(" ", shown))
    return _SPACES.sub(" ", unescape(plain)).strip()


def sha256(text: str) -> str:
    """`truncate(sha256('a'), `5`)` is `"ca97…"`: the hex digest of the text."""
    return digest(text.encode(errors="surrogatepass")).hexdigest()


def stable_id(values: object) -> str:
    """An id for what has none: `truncate(stable_id(['doc-1', 'sent']), `5`)` is `"84e1…"`.

    Name what makes the occurrence the one it is, and leave out what changes when the sender tries again.
    """
    return digest(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _without(text: str, start: re.Pattern[str], end: re.Pattern[str]) -> str:
    """The text less everything from each start to its end, in one pass; without an end, to the last character."""
    kept, place = [], 0
    while opening := start.search(text, place):
        kept.append(text[place : opening.start()])
        closing = end.search(text, opening.end())
        place = closing.end() if closing else len(text)
    return "".join(kept) + text[place:]


FUNCTIONS = (
    lower, upper, capitalize, trim, replace, split, words, truncate, before, after, slug, humanize, strip_html,
    sha256, stable_id,
)  # fmt: skip
