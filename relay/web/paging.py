"""Reading the `limit` parameter of lists."""

from flask import Request

from relay.core.errors import Problem, ValidationFailed

_MAX_DIGITS = 6


def read_limit(request: Request) -> int:
    """Return the page size, 50 by default. Raises ValidationFailed if it is not a whole number."""
    text = request.args.get("limit", "50")
    if not (text.isascii() and text.isdigit()):
        raise ValidationFailed([Problem("limit", "type", "limit must be a whole number.")])
    return int(text[:_MAX_DIGITS])
