"""Functions on text. None takes a regular expression: some expressions run for hours on some input."""

import re
from hashlib import sha256 as digest
from html import unescape
from typing import Any
from unicodedata import normalize

import orjson

from relay.core.mapping.functions.registry import check_length

_HIDDEN_ELEMENTS = [
    (re.compile(rf"<{tag}\b", re.IGNORECASE), re.compile(rf"</{tag}\s*>", re.IGNORECASE))
    for tag in ("script", "style")
]
_TAG = re.compile(r"<[^<>]*>")
_SPACES = re.compile(r"\s+")
_NON_WORD = re.compile(r"[^a-z0-9]+")
_BLOCK_TAGS = re.compile(r"</?(?:p|div|br|li|tr|h[1-6]|ul|ol|table)\b[^<>]*>", re.IGNORECASE)


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
    # `replace` can square the length of a text. count() is cheap, so the result's length is known beforehand.
    check_length(len(text) + text.count(old) * len(new))
    return text.replace(old, new)


def split(text: str, separator: str) -> list[str]:
    """`split('a, b,', ',')` is `["a", "b"]`. Parts are trimmed, and empty ones left out."""
    return [part.strip() for part in text.split(separator) if part.strip()]


def words(*parts: Any) -> str | None:
    """`words('Jane', `null`, 'Roe')` is `"Jane Roe"`: the non-empty strings, joined by spaces."""
    texts = [part.strip() for part in parts if isinstance(part, str) and part.strip()]
    check_length(sum(map(len, texts)))
    return " ".join(texts) or None


def truncate(text: str, length: float) -> str:
    """`truncate('A long title', `6`)` is `"A lon…"`."""
    limit = max(1, int(length))
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def before(text: str, mark: str) -> str:
    """`before('viewing_session.play', '.')` is `"viewing_session"`, or the whole text if `mark` is not in it."""
    return text.partition(mark)[0]


def after(text: str, mark: str) -> str:
    """`after('document.completed', '.')` is `"completed"`, or the whole text if `mark` is not in it."""
    head, separator, tail = text.partition(mark)
    return tail if separator else head


def slug(text: str) -> str:
    """`slug('Größe & Preis')` is `"grosse-preis"`: lower case, ASCII, hyphens."""
    # casefold() turns ß into ss, which no normalization form does.
    # Character by character: sorting a long run of combining characters takes quadratic time, and all of them go anyway.
    plain = (
        "".join(normalize("NFKD", letter) for letter in text.casefold()).encode("ascii", "ignore").decode()
    )
    return _NON_WORD.sub("-", plain).strip("-")


def humanize(text: str) -> str:
    """`humanize('demo_viewed')` is `"demo viewed"`: dots, underscores and hyphens become spaces."""
    return " ".join(re.split(r"[\s._-]+", text.lower())).strip()


def strip_html(text: str) -> str:
    """`strip_html('<p>Jane &amp; <b>Bob</b></p><script>x</script>')` is `"Jane & Bob"`."""
    visible = text
    for start, end in _HIDDEN_ELEMENTS:
        visible = _remove_between(visible, start, end)
    # Block tags become spaces first: `<p>one</p><p>two</p>` must not become `onetwo`.
    plain = _TAG.sub("", _BLOCK_TAGS.sub(" ", visible))
    return _SPACES.sub(" ", unescape(plain)).strip()


def sha256(text: str) -> str:
    """`truncate(sha256('a'), `5`)` is `"ca97…"`: the hex digest of the text."""
    # JSON can hold half of a surrogate pair, which strict UTF-8 cannot encode.
    return digest(text.encode(errors="surrogatepass")).hexdigest()


def stable_id(values: object) -> str:
    """An id for an event that has none: `truncate(stable_id(['doc-1', 'sent']), `5`)` is `"84e1…"`.

    Name the values that identify the event, and leave out those that change when the sender retries.
    """
    return digest(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _remove_between(text: str, start: re.Pattern[str], end: re.Pattern[str]) -> str:
    """Remove everything from each `start` to the next `end`, or to the end of the text if there is none."""
    # One pass with two simple patterns: a single `<script.*?</script>` takes quadratic time on hostile text.
    pieces, position = [], 0
    while opening := start.search(text, position):
        pieces.append(text[position : opening.start()])
        closing = end.search(text, opening.end())
        position = closing.end() if closing else len(text)
    return "".join(pieces) + text[position:]


FUNCTIONS = (
    lower, upper, capitalize, trim, replace, split, words, truncate, before, after, slug, humanize, strip_html,
    sha256, stable_id,
)  # fmt: skip
