"""Whose network a request comes from: counted by, and never kept."""

from ipaddress import IPv6Address, ip_address, ip_network

from flask import Request

_PREFIX_BITS = 64
"""One customer of a provider has all addresses that share so many bits."""


def client_network(request: Request, *, hops: int) -> str:
    """The client's IPv4 address, or the network of its IPv6 address.

    Each of the `hops` proxies before the relay has appended to X-Forwarded-For whom it heard; what stands before that,
    anybody may have written.
    """
    heard = [part.strip() for part in request.environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    told = heard[-hops] if 0 < hops <= len(heard) else request.remote_addr or ""
    try:
        address = ip_address(told)
    except ValueError:
        return request.remote_addr or ""
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ip_network((address, _PREFIX_BITS), strict=False))
    return str(address)
