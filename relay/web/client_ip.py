"""The network of a client, by which sign-in attempts are counted."""

from ipaddress import IPv6Address, ip_address, ip_network

from flask import Request

_IPV6_PREFIX_BITS = 64
"""A provider assigns at least this network to each customer, who can use every address in it."""


def client_network(request: Request, *, hops: int) -> str:
    """Return the client's IPv4 address or IPv6 network.

    hops: the number of trusted proxies before the relay. Each appends the address of its peer to X-Forwarded-For;
        entries further left are the client's own claims.
    """
    addresses = [part.strip() for part in request.environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    text = addresses[-hops] if 0 < hops <= len(addresses) else request.remote_addr or ""
    try:
        address = ip_address(text)
    except ValueError:
        # The header is not an address, so a proxy is misconfigured. Count by the connection's own address.
        return request.remote_addr or ""
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, _IPV6_PREFIX_BITS), strict=False))
    return str(address)
