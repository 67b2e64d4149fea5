"""E-mail addresses and company domains: their normal form, and which domains belong to no company."""

import re
from typing import Final

from relay.core.free_mail import FREE_MAIL

EMAIL_MAX: Final = 254
LOCAL_MAX: Final = 64
HOST_MAX: Final = 253

_BAD_EMAIL: Final = "must be one bare e-mail address without spaces, such as jane@acme.com"
_BAD_DOMAIN: Final = "must be a company's host name, such as acme.com"

_LOCAL = re.compile(r"[^\s@<>()\[\],;:\"\\\x00-\x1f\x7f\ud800-\udfff]+")
# The last label holds a letter, so that no IP address passes for a company.
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_WWW = re.compile(r"^(?:www\.)+(?=.*\.)")  # www.com is a company's own name
_PORT = re.compile(r":[0-9]{1,5}\Z")


def normalize_email(text: str) -> str:
    """Trim an address and convert its domain to lower case and IDNA: `" Jane@ACME.com "` becomes `Jane@acme.com`.

    Raises ValueError. The part before the @ keeps its case, because its mail server may distinguish it.
    """
    local, at, host = text.strip().rpartition("@")
    if not at or len(local) > LOCAL_MAX or not _LOCAL.fullmatch(local):
        raise ValueError(_BAD_EMAIL)
    normal = f"{local}@{_normalize_host(host, _BAD_EMAIL)}"
    if len(normal) > EMAIL_MAX:
        raise ValueError(f"must be at most {EMAIL_MAX} characters long")
    return normal


def normalize_domain(text: str) -> str:
    """Return the host of a domain or URL: `"https://www.Acme.com:443/pricing"` gives `acme.com`. Raises ValueError."""
    if len(text) <= HOST_MAX and _HOST.fullmatch(text) and not text.startswith("www."):
        return text  # the usual case, without the cost of parsing
    address = text.strip()
    # A match at the start only: a search would begin again at every letter.
    if scheme := _SCHEME.match(address):
        address = address[scheme.end() :]
    authority = re.split(r"[/?#]", address, maxsplit=1)[0]
    host = _normalize_host(_PORT.sub("", authority).removesuffix("."), _BAD_DOMAIN)
    return _WWW.sub("", host)


def domain_of(email: str) -> str:
    """Return the normal form of an e-mail address's domain. Raises ValueError."""
    return normalize_email(email).rpartition("@")[2]


def is_free_mail(domain: str) -> bool:
    """True for a provider where anyone can open a mailbox, so that the domain identifies no company."""
    return domain.strip().lower() in FREE_MAIL


def _normalize_host(text: str, problem: str) -> str:
    if len(text) > HOST_MAX:  # before IDNA, whose cost grows faster than the text
        raise ValueError(problem)
    host = (text if text.isascii() else _encode_idna(text, problem)).lower()
    if len(host) > HOST_MAX or not _HOST.fullmatch(host):
        raise ValueError(problem)
    return host


def _encode_idna(text: str, problem: str) -> str:
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError(problem) from error
