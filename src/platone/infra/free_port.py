"""Ports that a server keeps over its restarts."""

import random
import socket

from platone.infra.peer import family_of

_KEPT = range(20_000, 30_000)
"""Ports to draw from. Systems lend outgoing connections a port from 32,768 on (Linux) or 49,152
(IANA, RFC 6335): one of those could be lent to another program while the server is down."""
_TRIES = 100
"""Ports that are tried before any free one is taken; with a hundredth of them free it is enough."""


def free_port(host: str, among: range = _KEPT) -> int:
    """Return a port that is free at an address, and will be at the next start, as far as can be."""
    family = family_of(host)
    for port in random.sample(among, min(len(among), _TRIES)):
        with socket.socket(family) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
