"""Functions on people and companies: addresses in their normal form, and never a mail provider for a company."""

import re

from relay.core.email_address import domain_of, is_free_mail, normalize_domain, normalize_email

_ANGLED = re.compile(r"<([^<>]+)>")
_NO_DIGIT = re.compile(r"[^0-9]")
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15


def email(text: str) -> str | None:
    """`email('Jane Roe <jane@ACME.com>')` is `"jane@acme.com"`; what is no address is null."""
    found = _ANGLED.search(text)
    try:
        return normalize_email((found[1] if found else text).removeprefix("mailto:"))
    except ValueError:
        return None


def is_email(text: str) -> bool:
    """`is_email('+18008675309')` is `false`."""
    return email(text) is not None


def email_domain(text: str) -> str | None:
    """`email_domain('jane@gmail.com')` is `"gmail.com"`."""
    address = email(text)
    return domain_of(address) if address else None


def company_domain(text: str) -> str | None:
    """`company_domain('jane@acme.com')` is `"acme.com"`; of a mail provider it is null. Takes a URL or domain too."""
    host = email_domain(text) if "@" in text else domain(text)
    return None if host is None or is_free_mail(host) else host


def is_free_mail_(text: str) -> bool | None:
    """`is_free_mail('jane@gmail.com')` is `true`."""
    host = email_domain(text) if "@" in text else domain(text)
    return is_free_mail(host) if host else None


def domain(text: str) -> str | None:
    """`domain('https://www.Acme.com:443/pricing')` is `"acme.com"`; what has no host is null."""
    try:
        return normalize_domain(text)
    except ValueError:
        return None


def phone(text: str) -> str | None:
    """`phone('+1 (555) 010-9999')` is `"+15550109999"`; what cannot be a phone number is null."""
    digits = _NO_DIGIT.sub("", text)
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS or "@" in text:
        return None
    return "+" + digits if text.strip().startswith("+") else digits


FUNCTIONS = (email, is_email, email_domain, company_domain, is_free_mail_, domain, phone)
