"""RELAY_REDIS_URL: every form is parsed, and every mistake is rejected without showing a secret."""

import pytest

from relay.core.redis_url import parse_redis_url


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost:6379/0",
        "redis://relay:pa%40ss@10.0.0.7/3",
        "redis://[::1]:6380",
        "rediss://host/0?ssl_ca_certs=/etc/ca.pem&ssl_cert_reqs=required",
        "unix:///run/valkey.sock?db=2",
    ],
)
def test_the_url_of_one_server_is_used_unchanged(url: str):
    assert parse_redis_url(url).server == url


def test_sentinels_are_parsed_with_their_ports_and_the_primarys_name():
    url = parse_redis_url("redis+sentinel://relay:pw@one:5000,two,[::1]:5001/main/2")

    assert url.sentinels == (("one", 5000), ("two", 26379), ("::1", 5001))
    assert (url.primary, url.server) == ("main", "redis://relay:pw@primary/2?")


def test_sentinels_have_credentials_of_their_own():
    url = parse_redis_url("rediss+sentinel://one/main/0?sentinel_username=s&sentinel_password=p%26q")

    assert (url.sentinel_username, url.sentinel_password, url.tls) == ("s", "p&q", True)
    assert "sentinel_" not in url.server


def test_repr_of_a_url_contains_no_password():
    url = parse_redis_url("redis+sentinel://u:hidden1@one/main/0?sentinel_password=hidden2")

    assert "hidden" not in repr(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://host", "must start with redis://"),
        ("redis+cluster://u:hidden@host:1", "Cluster cannot be used"),
        ("redis://u:hidden@one:1,two:1/0", "names several servers"),
        ("redis://u:hidden@/0", "must name a host"),
        ("redis://u:hidden@host:99999/0", "must name a host"),
        ("redis://u:hidden@host/main", "database number"),
        ("redis://u:hidden@host/0?db=x", "db must be a number"),
        ("redis://u:hidden@host/0?ssl_ca_certs=/ca", "needs TLS"),
        ("redis://u:hidden@host/0?sentinel_password=hidden", "needs Sentinels"),
        ("redis://u:hidden@host/0?socket_timeout=3", "unknown option: socket_timeout"),
        ("rediss://u:hidden@host/0?ssl_cert_reqs=optional", "must be required or none"),
        ("redis+sentinel://u:hidden@one:1,two:1", "HOST:26379/PRIMARY/DB"),
        ("redis+sentinel://u:hidden@one:1,,two:1/main/0", "HOST:26379/PRIMARY/DB"),
        ("redis+sentinel://u:hidden@one/main/first", "database number"),
    ],
)
def test_a_wrong_url_is_rejected_with_a_remedy_and_without_its_password(url: str, message: str):
    with pytest.raises(ValueError, match=message) as caught:
        parse_redis_url(url)

    assert "hidden" not in str(caught.value)
