"""However an address is spelled, nothing that is not public is connected to."""

import socket
from contextlib import suppress
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.core.errors import InputError
from loom.net import Outbound
from loom.net.addresses import private_kind
from loom.net.urls import read_url

_NAT64 = ip_network("64:ff9b::/96")
_REFUSED = [
    # loopback
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.255.255.254/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://127.0.0.01/",
    "http://127.0.0.1./",
    "http://127.0.0.1.:80/",
    "http://0/",
    "http://0.0.0.0/",
    "http://0x/",
    "http://00000000000000000000177.1/",
    "http://4294967296/",
    "http://256.256.256.256/",
    "http://1.2.3.4.5/",
    "http://127.0.0.1%00.example.com/",
    "http://127\u30020\u30020\u30021/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "http://\u2460\u2461\u2466.0.0.1/",
    "http://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[0000::0001]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::FFFF:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001::7f00:1]/",
    "http://[::ffff:0:127.0.0.1]/",
    # private, shared, link-local, metadata
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://100.100.100.200/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://0xA9FEA9FE/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[fc00::1]/",
    "http://[fec0::1]/",
    # reserved
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://203.0.113.9/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[4000::1]/",
    # tricks of spelling
    "http://user@example.com/",
    "http://user:password@example.com/",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1\\@example.com/",
    "http://example.com\\.evil.example/",
    "http://example.com#@127.0.0.1/",
    "http:///127.0.0.1/",
    "http:127.0.0.1",
    "//127.0.0.1/",
    "http://example.com:0/",
    "http://example.com:65536/",
    "http://example.com:80:80/",
    "http://example.com:/",
    "http://exa mple.com/",
    "http://example.com/a b",
    "http://example.com/\r\nHost: other",
    "http://example.com\n",
    "http://.example.com/",
    "http://example..com/",
    "http://-example.com/",
    "http://[::1/",
    "http://[12345::]/",
    "http://[]/",
    "http://",
    "",
    "file:///etc/passwd",
    "ftp://example.com/",
    "gopher://example.com/",
    "data:text/plain,x",
    "javascript:alert(1)",
    "unix:///var/run/docker.sock",
    "http://example.com/" + "a" * 2000,
]


@pytest.mark.parametrize("url", _REFUSED)
def test_a_url_that_leads_inside_or_nowhere_is_refused_before_anything_is_sent(url: str):
    with pytest.raises(InputError, match="'url'"):
        Outbound().check(url)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://example.com", "example.com", 443),
        ("HTTPS://Example.COM./hook?a=b&c=%20", "example.com", 443),
        ("http://8.8.8.8:8080/", "8.8.8.8", 8080),
        ("https://[2606:4700::1111]/", "2606:4700::1111", 443),
        ("http://[::ffff:8.8.8.8]/", "::ffff:808:808", 80),
        ("http://[64:ff9b::808:808]/", "64:ff9b::808:808", 80),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443),
        ("http://my_host.example/", "my_host.example", 80),
    ],
)
def test_a_public_url_names_one_host_and_port(url: str, host: str, port: int):
    target = Outbound().check(url)
    assert (target.host, target.port) == (host, port)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_an_ipv6_one_counts_as_what_it_is(address):
    kind = private_kind(str(address))
    assert private_kind(f"::ffff:{address}") == kind
    assert private_kind(f"64:ff9b::{address}") == kind


@given(st.ip_addresses())
def test_what_is_called_public_is_so_for_the_standard_library_as_well(address):
    if private_kind(str(address)) is None:
        inner = getattr(address, "ipv4_mapped", None) or address
        assert inner.is_global or inner in _NAT64


@given(st.text(max_size=60))
def test_whatever_text_is_read_as_a_url_is_ascii_or_refused(text: str):
    for url in (text, "http://" + text):
        with suppress(ValueError):
            assert read_url(url).url.isascii()


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{:d}", "0x{:x}", "0{:o}"]))
def test_one_number_for_an_address_is_never_taken(number: int, spelling: str):
    with pytest.raises(InputError):
        Outbound(["10.0.0.1", socket.inet_ntoa(number.to_bytes(4))]).check(
            f"http://{spelling.format(number)}/"
        )
