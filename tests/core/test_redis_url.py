"""RELAY_REDIS_URL: every form is parsed, and every mistake is rejected without showing a secret."""

import pytest

from relay.core.redis_url import mask_redis_url, parse_redis_url


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
        ("redis://u:hidden@host/0?socket_timeout=3", "option 1 is unknown"),
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


@pytest.mark.parametrize(
    ("url", "character"),
    [
        ("redis://:hid/den@host/0", "/ must be written as %2F"),
        ("redis://:hid?den@host/0", r"\? must be written as %3F"),
        ("redis://:hid#den@host/0", "# must be written as %23"),
        ("redis://hid/den:pw@host/0", "/ must be written as %2F"),
        ("redis://:12?hidden@host/0", r"\? must be written as %3F"),
        ("redis://u:12/hidden@host:6379/0", "/ must be written as %2F"),
        ("rediss://:hid/den@host/0?ssl_cert_reqs=none", "/ must be written as %2F"),
        ("redis+sentinel://u:hid/den@one,two/main/0", "/ must be written as %2F"),
        ("redis+sentinel://one/main/0?sentinel_password=hid#den", "# must be written as %23"),
        ("redis://host/0?password=hid#den", "# must be written as %23"),
        ("unix://u:hid/den@/run/valkey.sock?db=1", "/ must be written as %2F"),
        ("unix://u:hid#den@/run/valkey.sock", "# must be written as %23"),
        ("redis://:hid[den@host/0", r"\[ must be written as %5B"),
        ("redis://:hid den@host/0", "a space must be written as %20"),
        ("redis://:hid\nden@host/0", "a control character must be percent-encoded"),
        ("redis://:hid\u2100den@host/0", "characters outside ASCII must be percent-encoded"),
        ("redis://host/0?password=hid&den=1@x", "option 2 is unknown"),
        ("redis://host/0?hid?den", "option 1 is unknown"),
    ],
)
def test_a_password_that_is_not_percent_encoded_is_named_by_its_character_alone(url: str, character: str):
    with pytest.raises(ValueError, match=character) as caught:
        parse_redis_url(url)

    assert "hid" not in str(caught.value)
    assert "den" not in str(caught.value)
    # A traceback prints the causes too.
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "redis://:p%2Fa%3Fs%23s@host/0",
        "redis://:pa@ss@host/0",
        "redis://u:a:b@host/0",
        "redis://host/0?password=p@ss/word?",
        "redis://:a!$&'()*+,;=b@host/0",
        "unix:///run/odd@name.sock",
        "unix://u:p%2Fw@/run/valkey.sock",
    ],
)
def test_what_redis_py_reads_correctly_is_accepted(url: str):
    assert parse_redis_url(url).server == url


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("redis://me:hid@den:hid@host:6379/0", "redis://me:********@host:6379/0"),
        ("redis://:hid:den@host", "redis://:********@host"),
        ("redis://hidden@host/0", "redis://********@host/0"),
        ("redis://host/0?password=hid@den&db=1", "redis://host/0?password=********&db=1"),
        ("redis://host/0?pass%77ord=hidden", "redis://host/0?pass%77ord=********"),
        ("rediss://host/0?ssl_password=hidden", "rediss://host/0?ssl_password=********"),
        (
            "redis+sentinel://u:hid@one,two/main/0?sentinel_username=s&sentinel_password=den",
            "redis+sentinel://u:********@one,two/main/0?sentinel_username=s&sentinel_password=********",
        ),
        ("unix://u:hidden@/run/v.sock?db=1", "unix://u:********@/run/v.sock?db=1"),
        ("unix:///run/odd@name.sock", "unix:///run/odd@name.sock"),
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
    ],
)
def test_a_url_is_displayed_without_its_passwords(url: str, masked: str):
    parse_redis_url(url)

    assert mask_redis_url(url) == masked
