"""How many files a worker opens, and the sizes that fit into its limit."""

_OTHER_FILES = 64
"""Logs, the health server, background tasks, and what the program itself has open."""

_FILES_PER_CALL = 3
"""A socket to Gong, its duplicate or a name lookup while it opens, and a connection to the store."""

_NEW_HOSTS = 8
"""Hosts of destinations that are added while the worker runs."""


def limit_threads(wanted: int, file_limit: int) -> int:
    """Return how many calls may be in flight, at least one. For each, one more connection may wait for the next call."""
    return max(1, min(wanted, (file_limit - _OTHER_FILES) // (_FILES_PER_CALL + 1)))


def size_pools(threads: int, hosts: int, file_limit: int) -> tuple[int, int]:
    """Return for how many hosts connections are kept open, and how many for each. `hosts` is the number of those in use."""
    spare = max(file_limit - _OTHER_FILES - _FILES_PER_CALL * threads, 1)
    pools = max(hosts, threads)
    if pools * threads > spare:
        pools = min(hosts + _NEW_HOSTS, spare)
    return pools, max(1, min(threads, spare // pools))
