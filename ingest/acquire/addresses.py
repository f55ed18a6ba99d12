"""Which IP addresses may be connected to. Pure; the HTTP client asks at the moment of connecting."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# RFC 4291 §2.4: all global unicast addresses given out so far lie here; the rest is reserved.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_IPV4_COMPATIBLE = IPv6Network("::/96")  # RFC 4291 §2.5.5.1, deprecated; some stacks still unwrap it
_TEREDO = IPv6Network("2001::/32")  # RFC 4380: carries an obfuscated IPv4 address
_ADVICE = "if it is of your own network, let that through with fetch.allow_networks"
_6TO4_RELAY = IPv4Network("192.88.99.0/24")  # RFC 7526, withdrawn


def refusal(address: str, allowed: Iterable[IPv4Network | IPv6Network] = ()) -> str | None:
    """Why an address must not be connected to, or None if it may.

    Args:
        address: as `getaddrinfo` or a socket gives it; an IPv6 scope (`%eth0`) is cut.
        allowed: networks that the configuration opens whatever they are.
    """
    try:
        outer = ip_address(address.partition("%")[0])
    except ValueError:
        return f"{address!r} is no IP address"
    inner = embedded_ipv4(outer) or outer
    if any(outer in network or inner in network for network in allowed):
        return None
    if inner.is_multicast:
        return f"{address} is a multicast address; {_ADVICE}"
    if not is_public(inner):
        return f"{address} is not a public address; {_ADVICE}"
    return None


def is_address(host: str) -> bool:
    """Whether a URL's host is an IP literal, not a name."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the public internet, unicast, given out to somebody."""
    if address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return address not in _6TO4_RELAY
    return address in _GLOBAL_UNICAST and address not in _TEREDO


def embedded_ipv4(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this IPv6 address end at (mapped, NAT64, 6to4, compatible)."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64 or address in _IPV4_COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None
