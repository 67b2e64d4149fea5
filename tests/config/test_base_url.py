"""Allowed addresses: no text that URL parsers read differently passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.config.base_url import safe_base_url

GONG = ["https://api.gong.io", "https://us-12345.api.gong.io", "https://company-17.api.gong.io"]


@pytest.mark.parametrize("address", GONG)
@pytest.mark.parametrize("end", ["", "/"])
def test_gongs_own_hosts_are_accepted(address, end):
    assert safe_base_url(address + end, ()) == address


@pytest.mark.parametrize(
    "address",
    [
        "http://api.gong.io",
        "https://api.gong.io.evil.example",
        "https://evil.example/api.gong.io",
        "https://evil.example\\@api.gong.io",
        "https://evil.example\\.api.gong.io",
        "https://api.gong.io@evil.example",
        "https://user:password@api.gong.io",
        "https://evil.example#.api.gong.io",
        "https://evil.example?.api.gong.io",
        "https://api.gong.io:8443",
        "https://api.gong.io/v2",
        "https://api.gong.io//",
        "https://api.gong.io\n",
        " https://api.gong.io",
        "HTTPS://API.GONG.IO",
        "https://a.b.api.gong.io",
        "https://-.api.gong.io",
        "https://\u0430pi.gong.io",
        "https://apixgong.io",
        "https://xapi.gong.io",
        "https://api.gong.io\x00",
        "https://169.254.169.254",
        "https://[::1]",
        "ftp://api.gong.io",
        "",
    ],
)
def test_every_other_address_is_rejected(address):
    assert safe_base_url(address, ()) is None


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ("http://127.0.0.1:8090/c/demo", "http://127.0.0.1:8090/c/demo"),
        ("http://127.0.0.1:8090/c/demo/", "http://127.0.0.1:8090/c/demo"),
        ("https://127.0.0.1:8090", "https://127.0.0.1:8090"),
        ("http://gong-mock", "http://gong-mock"),
    ],
)
def test_a_listed_host_may_have_a_path_and_plain_http(address, read):
    assert safe_base_url(address, {"127.0.0.1:8090", "gong-mock"}) == read


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8091",
        "http://127.0.0.1",
        "http://gong-mock:80",
        "http://gong-mock.evil.example",
        "http://gong-mock@evil.example",
        "http://evil.example\\@gong-mock",
        "http://gong-mock/../admin",
        "http://gong-mock/a?b",
        "http://gong-mock/a b",
        "http://gong-mock\n",
    ],
)
def test_a_listed_host_is_listed_exactly(address):
    assert safe_base_url(address, {"127.0.0.1:8090", "gong-mock"}) is None


@given(st.text() | st.builds("https://{}api.gong.io{}".format, st.text(max_size=8), st.text(max_size=8)))
def test_every_accepted_address_ends_in_gongs_domain(address):
    read = safe_base_url(address, ())

    assert read is None or (
        read == address.removesuffix("/") and read.endswith("api.gong.io") and "@" not in read
    )
