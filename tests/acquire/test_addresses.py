"""The network policy: only public unicast addresses, whatever they are wrapped in."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from ingest.acquire.addresses import refusal


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",  # cloud metadata
        "100.64.0.1",  # carrier-grade NAT
        "0.0.0.0",
        "192.0.2.1",
        "198.18.0.1",
        "192.88.99.1",
        "240.0.0.1",
        "255.255.255.255",
        "224.0.0.1",
        "::",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "2001:0:1::1",  # Teredo
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
        "64:ff9b:1::1",
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "4000::1",
        "not an address",
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert refusal(address) is not None


def test_a_refusal_names_the_setting_that_lets_a_network_through() -> None:
    assert "fetch.allow_networks" in (refusal("192.168.1.1") or "")


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"]
)
def test_a_public_address_is_let_through(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203"])
def test_a_named_network_is_open_in_every_wrapping(address: str) -> None:
    assert refusal(address, [ip_network("10.0.0.0/8")]) is None
    assert refusal("127.0.0.1", [ip_network("10.0.0.0/8")]) is not None
