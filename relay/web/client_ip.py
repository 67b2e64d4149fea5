"""The network of a client, by which sign-in attempts are counted."""

from flask import Request

from relay.web.server.client_network import network_of


def client_network(request: Request, *, hops: int) -> str:
    """Return the client's IPv4 address or IPv6 network.

    hops: the number of trusted proxies before the relay. Each appends the address of its peer to X-Forwarded-For;
        entries further left are the client's own claims.
    """
    addresses = [part.strip() for part in request.environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    text = addresses[-hops] if 0 < hops <= len(addresses) else request.remote_addr or ""
    try:
        return network_of(text)
    except ValueError:
        # The header is not an address, so a proxy is misconfigured. Count by the connection's own address.
        return request.remote_addr or ""
