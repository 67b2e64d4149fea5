"""Cleans text before sellers see it: trims it, and removes control characters and secrets in URLs."""

import re
from urllib.parse import unquote_plus

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROLS_BUT_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]+")
_SECRET_SUFFIXES = (
    "token",
    "signature",
    "secret",
    "password",
    "passwd",
    "credential",
    "apikey",
    "api_key",
    "accesskey",
    "access_key",
    "sessionid",
    "session_id",
)
_SECRET_WORDS = frozenset({"auth", "authorization", "jwt", "otp", "pwd", "sid", "sig", "ticket"})
"""Compared with the last word of a name, after _ or -."""
_SECRET_NAMES = frozenset({"code", "key", "session"})


def clean_text(text: str, *, keep_lines: bool = False) -> str:
    """Trim the text and replace each run of control characters with one space."""
    text = text.strip()
    if text.isprintable():
        return text
    controls = _CONTROLS_BUT_LINES if keep_lines else _CONTROLS
    return controls.sub(" ", text).strip()


def truncate(text: str, limit: int) -> str:
    """Return at most `limit` characters of the text. If it was cut, it ends with an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def strip_url_secrets(url: str) -> str:
    """Remove every query or fragment parameter whose name suggests a secret. The rest of the URL does not change.

    Sellers see the URL in Gong, and anyone who sees a signed link can use it.
    """
    if "=" not in url:
        return url
    address, hash_mark, fragment = url.partition("#")
    path, question_mark, query = address.partition("?")
    if clean_query := _drop_secret_pairs(query):
        path += question_mark + clean_query
    if clean_fragment := _drop_secret_pairs(fragment):
        path += hash_mark + clean_fragment
    return path


def _drop_secret_pairs(query: str) -> str:
    if not query:
        return ""
    # A fragment may contain a path before its own query, as in `#/page?token=1`.
    route, question_mark, pairs = query.rpartition("?")
    safe_pairs = "&".join(pair for pair in pairs.split("&") if not _is_secret(pair))
    return route + question_mark + safe_pairs if safe_pairs else route


def _is_secret(pair: str) -> bool:
    name, equals, _ = pair.partition("=")
    return bool(equals) and _is_secret_name(unquote_plus(name).casefold())


def _is_secret_name(name: str) -> bool:
    if name.endswith(_SECRET_SUFFIXES) or name in _SECRET_NAMES:
        return True
    return name.replace("-", "_").rpartition("_")[2] in _SECRET_WORDS
