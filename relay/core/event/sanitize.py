"""Text from outside, made fit to be shown to a seller: trimmed, without control characters, URLs without secrets."""

import re
from urllib.parse import unquote_plus

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROLS_BUT_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]+")
_SECRET_ENDINGS = (
    *("token", "signature", "secret", "password", "passwd", "credential", "apikey", "api_key"),
    *("accesskey", "access_key", "sessionid", "session_id"),
)
_SECRET_WORDS = frozenset({"auth", "authorization", "jwt", "otp", "pwd", "sid", "sig", "ticket"})
"""The last word of a name, after _ or -."""
_SECRET_NAMES = frozenset({"code", "key", "session"})


def clean_text(text: str, *, keep_lines: bool = False) -> str:
    """Trimmed, with a space for each run of control characters."""
    text = text.strip()
    if text.isprintable():
        return text
    controls = _CONTROLS_BUT_LINES if keep_lines else _CONTROLS
    return controls.sub(" ", text).strip()


def truncate(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def strip_url_secrets(url: str) -> str:
    """The URL less every query or fragment parameter whose name says that its value opens something.

    Sellers see the URL in Gong, and whoever sees a signed link can use it. Other parameters stay byte for byte.
    """
    if "=" not in url:
        return url
    address, hash_mark, fragment = url.partition("#")
    path, question_mark, query = address.partition("?")
    if kept := _without_secret_pairs(query):
        path += question_mark + kept
    if kept := _without_secret_pairs(fragment):
        path += hash_mark + kept
    return path


def _without_secret_pairs(query: str) -> str:
    """A fragment may hold a path before its own query, as in `#/page?token=1`."""
    if not query:
        return ""
    route, question_mark, pairs = query.rpartition("?")
    kept = "&".join(pair for pair in pairs.split("&") if not _is_secret(pair))
    return route + question_mark + kept if kept else route


def _is_secret(pair: str) -> bool:
    name, equals, _ = pair.partition("=")
    return bool(equals) and _names_a_secret(unquote_plus(name).casefold())


def _names_a_secret(name: str) -> bool:
    if name.endswith(_SECRET_ENDINGS) or name in _SECRET_NAMES:
        return True
    return name.replace("-", "_").rpartition("_")[2] in _SECRET_WORDS
