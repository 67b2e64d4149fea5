"""The limit on files and sockets that this process may have open."""

import resource

_ENOUGH = 65_536
_MOST_ON_MACOS = 10_240
"""OPEN_MAX: macOS refuses more, also if its hard limit is infinite."""


def raise_file_limit() -> int:
    """Raise the limit to what the system allows, at most 65,536. Returns the limit that holds then.

    Shells and service managers often start with a low limit, which is meant for programs that cannot handle more.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (_ENOUGH, _MOST_ON_MACOS):
        limit = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        if soft == resource.RLIM_INFINITY or soft >= limit:
            break
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        except (ValueError, OSError):
            continue
        return limit
    return _ENOUGH if soft == resource.RLIM_INFINITY else soft
