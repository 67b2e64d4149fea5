"""Functions on people and companies: they normalize addresses and domains, and do not mistake a mail provider for a company."""

import re

from relay.core.email_address import domain_of, is_free_mail, normalize_domain, normalize_email

_IN_ANGLE_BRACKETS = re.compile(r"<([^<>]+)>")
_NON_DIGIT = re.compile(r"[^0-9]")
_DIGITS_MIN, _DIGITS_MAX = 7, 15


def email(text: str) -> str | None:
    """`email('Jane Roe <jane@ACME.com>')` is `"jane@acme.com"`, or null if the text is not an address."""
    # Mail clients write `Jane Roe <jane@acme.com>`, and forms may hold a mailto: link.
    match = _IN_ANGLE_BRACKETS.search(text)
    try:
        return normalize_email((match[1] if match else text).removeprefix("mailto:"))
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
    """`company_domain('jane@acme.com')` is `"acme.com"`, or null for a mail provider. Takes a URL or domain too."""
    host = email_domain(text) if "@" in text else domain(text)
    return None if host is None or is_free_mail(host) else host


def is_free_mail_(text: str) -> bool | None:
    """`is_free_mail('jane@gmail.com')` is `true`."""
    host = email_domain(text) if "@" in text else domain(text)
    return is_free_mail(host) if host else None


def domain(text: str) -> str | None:
    """`domain('https://www.Acme.com:443/pricing')` is `"acme.com"`, or null if the text has no host."""
    try:
        return normalize_domain(text)
    except ValueError:
        return None


def phone(text: str) -> str | None:
    """`phone('+1 (555) 010-9999')` is `"+15550109999"`, or null if the text cannot be a phone number."""
    digits = _NON_DIGIT.sub("", text)
    if not _DIGITS_MIN <= len(digits) <= _DIGITS_MAX or "@" in text:
        return None
    # A country code is never guessed: without a plus, none is added.
    return "+" + digits if text.strip().startswith("+") else digits


FUNCTIONS = (email, is_email, email_domain, company_domain, is_free_mail_, domain, phone)
