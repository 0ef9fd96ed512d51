"""Whom bounds count by: of IPv6 a subnet, for one host has as many of its addresses as it likes."""

import socket

from hypothesis import given
from hypothesis import strategies as st

from platone.infra.peer import peer_of

PACKED = st.binary(min_size=16, max_size=16).filter(lambda it: it[:12] != bytes(10) + b"\xff\xff")


@given(PACKED, st.binary(min_size=8, max_size=8))
def test_all_addresses_of_a_subnet_are_one_peer(packed: bytes, host: bytes) -> None:
    """By the system's own functions: whatever the last 64 bits are."""
    here, there = packed, packed[:8] + host
    if there[:12] == bytes(10) + b"\xff\xff":
        return
    assert peer_of(socket.inet_ntop(socket.AF_INET6, here)) == peer_of(
        socket.inet_ntop(socket.AF_INET6, there)
    )


@given(PACKED, st.integers(0, 63))
def test_another_subnet_is_another_peer(packed: bytes, bit: int) -> None:
    other = bytearray(packed)
    other[bit // 8] ^= 1 << (bit % 8)
    if bytes(other[:12]) == bytes(10) + b"\xff\xff":
        return
    assert peer_of(socket.inet_ntop(socket.AF_INET6, packed)) != peer_of(
        socket.inet_ntop(socket.AF_INET6, bytes(other))
    )


@given(st.binary(min_size=4, max_size=4))
def test_an_address_of_ipv4_is_itself_also_where_it_is_written_as_ipv6(packed: bytes) -> None:
    address = socket.inet_ntop(socket.AF_INET, packed)
    assert peer_of(address) == address
    assert peer_of(f"::ffff:{address}") == address


def test_examples() -> None:
    assert peer_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"
    assert peer_of("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert peer_of("fe80::1%eth0") == "fe80::/64"
    assert peer_of("") == ""
    assert peer_of("a name") == "a name"
