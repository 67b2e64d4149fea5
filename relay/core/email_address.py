"""E-mail addresses and company domains: their one normal form, and which of them belong to no company."""

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
    """Trim, and write the domain in lower case and IDNA: `" Jane@ACME.com "` is `Jane@acme.com`.

    The part before the @ keeps its case: only its own mail server may say that case does not matter.
    """
    local, at, host = text.strip().rpartition("@")
    if not at or len(local) > LOCAL_MAX or not _LOCAL.fullmatch(local):
        raise ValueError(_BAD_EMAIL)
    normal = f"{local}@{_normal_host(host, _BAD_EMAIL)}"
    if len(normal) > EMAIL_MAX:
        raise ValueError(f"must be at most {EMAIL_MAX} characters long")
    return normal


def normalize_domain(text: str) -> str:
    """The bare host of a domain or URL: `"https://www.Acme.com:443/pricing"` is `acme.com`."""
    if len(text) <= HOST_MAX and _HOST.fullmatch(text) and not text.startswith("www."):
        return text  # as nearly all are written
    address = _SCHEME.sub("", text.strip(), count=1)
    authority = re.split(r"[/?#]", address, maxsplit=1)[0]
    host = _normal_host(_PORT.sub("", authority).removesuffix("."), _BAD_DOMAIN)
    return _WWW.sub("", host)


def domain_of(email: str) -> str:
    """The normal domain of an e-mail address."""
    return normalize_email(email).rpartition("@")[2]


def is_free_mail(domain: str) -> bool:
    """Whether anyone can have an address there, so that it says nothing of a company."""
    return domain.strip().lower() in FREE_MAIL


def _normal_host(text: str, wrong: str) -> str:
    if len(text) > HOST_MAX:  # before IDNA, whose cost grows faster than the text
        raise ValueError(wrong)
    host = (text if text.isascii() else _idna(text, wrong)).lower()
    if len(host) > HOST_MAX or not _HOST.fullmatch(host):
        raise ValueError(wrong)
    return host


def _idna(text: str, wrong: str) -> str:
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError(wrong) from error
