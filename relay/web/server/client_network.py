"""The network of an address, by which clients are counted."""

from ipaddress import IPv6Address, ip_address, ip_network

_IPV6_PREFIX_BITS = 64
"""A provider assigns at least this network to each customer, who can use every address in it."""


def network_of(text: str) -> str:
    """Return an IPv4 address itself, and the network of an IPv6 address. Raises ValueError for any other text."""
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, _IPV6_PREFIX_BITS), strict=False))
    return str(address)
