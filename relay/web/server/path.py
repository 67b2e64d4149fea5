"""Paths that a proxy and the relay could read differently."""

import re

# Empty segments, dot segments, backslashes, and percent signs before characters that need none: letters, digits, and
# the punctuation of our routes. No client library writes a path in one of these forms.
_AMBIGUOUS = re.compile(r"//|\\|/\.{1,2}(?:/|$)|%(?:00|2[D-Fd-f]|3[0-9]|5[CFcf]|[46][1-9A-Fa-f]|[57][0-9Aa])")


def is_ambiguous(path: str) -> bool:
    """True if a proxy that compares text would not recognize the route that this path leads to."""
    return _AMBIGUOUS.search(path) is not None
