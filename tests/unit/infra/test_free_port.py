"""A port that a server keeps is one that no outgoing connection is given meanwhile."""

import socket
from pathlib import Path

import pytest
from tests.component import has_ipv6, missing

from platone.infra.free_port import free_port

HOST = "127.0.0.1"


def lent_ports() -> range:
    """Return the ports that this machine lends to outgoing connections."""
    told = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first, last = told.read_text().split() if told.exists() else ("49152", "65535")
    return range(int(first), int(last) + 1)


def test_a_kept_port_is_none_that_is_lent() -> None:
    lent = lent_ports()
    assert not any(free_port(HOST) in lent for _ in range(50))


@pytest.mark.parametrize(
    ("host", "family"),
    [
        (HOST, socket.AF_INET),
        ("::1", socket.AF_INET6),
        ("::", socket.AF_INET6),
    ],
)
def test_a_kept_port_is_free(host: str, family: socket.AddressFamily) -> None:
    if ":" in host and not has_ipv6():
        missing("A port of IPv6 was", "this machine has no IPv6")
    for _ in range(50):
        with socket.create_server((host, free_port(host)), family=family):
            pass


def test_where_all_are_taken_any_free_one_is_given() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with socket.create_server((HOST, free_port(HOST, range(port, port + 1)))):
            pass
