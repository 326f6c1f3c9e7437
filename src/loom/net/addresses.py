"""Which numeric addresses are public. Asks nobody; the lists are IANA's special-purpose registries.

Written out, since what `ipaddress.is_global` says differs between versions of Python.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

__all__ = ["metadata_kind", "private_kind"]

_V4 = tuple(
    (IPv4Network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a carrier's customers"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's metadata"),
        ("169.254.0.0/16", "link-local, where clouds keep metadata"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_V6_GLOBAL = IPv6Network("2000::/3")
_V6 = tuple(
    (IPv6Network(network), kind)
    for network, kind in (
        ("::/128", "this host"),
        ("::1/128", "loopback"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "a tunnel"),
        ("3fff::/20", "for documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_METADATA = tuple(
    ip_network(network)
    for network in (
        "169.254.0.0/16",
        "168.63.129.16/32",
        "100.100.100.200/32",
        "fe80::/10",
        "fd00:ec2::254/128",
    )
)
_METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"}
)


def private_kind(address: str) -> str | None:
    """What `address` is when it is not public, as in "is loopback"; None when it is public.

    An IPv4 address inside an IPv6 one (mapped, NAT64) counts as what it is.

    Raises:
        ValueError: when it is not a numeric address.
    """
    found = ip_address(address)
    inner = found if isinstance(found, IPv4Address) else _inner(found)
    if inner is not None:
        return next((kind for network, kind in _V4 if inner in network), None)
    special = next((kind for network, kind in _V6 if found in network), None)
    return special or (None if found in _V6_GLOBAL else "reserved")


def metadata_kind(host: str) -> str | None:
    """What `host`, a name or an address, is when clouds may keep a machine's own secrets there; None when it is not.

    The names are those that clouds give their services; what any other name leads to is for whoever looks it up.
    """
    try:
        found = ip_address(host)
    except ValueError:
        return "a cloud's metadata" if host.lower().removesuffix(".") in _METADATA_NAMES else None
    address = found if isinstance(found, IPv4Address) else _inner(found) or found
    return "where clouds keep metadata" if any(address in network for network in _METADATA) else None


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped
