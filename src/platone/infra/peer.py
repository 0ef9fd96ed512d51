"""The peer that bounds are counted by: one household or host, however many addresses it has."""

import ipaddress
import socket
from functools import lru_cache

_SUBNET_BITS = 64
"""Bits of an IPv6 address that name a subnet: a provider gives each customer one at least, and a
host in it takes any of its 2^64 addresses (RFC 4291, 2.5.1; RFC 6177)."""
_MAPPED_BITS = 96
"""Bits before an address of IPv4 that is written as one of IPv6 (RFC 4291, 2.5.5.2)."""


def family_of(host: str) -> socket.AddressFamily:
    """Return the family of sockets that an address to listen on needs."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


@lru_cache(maxsize=10_000)
def peer_of(address: str) -> str:
    """Return the address of a peer to count by: of IPv6 its subnet, of IPv4 the whole.

    An IPv4 address that is written as IPv6 counts as what it is; what is no address, as itself.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    subnet = int(found) >> _SUBNET_BITS << _SUBNET_BITS
    return f"{ipaddress.IPv6Address(subnet)}/{_SUBNET_BITS}"


def written_both_ways(networks: str) -> list[str]:
    """Return networks, separated by commas, each of IPv4 also as a socket of IPv6 tells it.

    A server that listens on ``::`` sees 192.0.2.1 as ``::ffff:192.0.2.1``.
    """
    found = [ipaddress.ip_network(each) for each in networks.split(",") if each]
    mapped = [
        f"::ffff:{each.network_address}/{_MAPPED_BITS + each.prefixlen}"
        for each in found
        if isinstance(each, ipaddress.IPv4Network)
    ]
    return [str(each) for each in found] + mapped
