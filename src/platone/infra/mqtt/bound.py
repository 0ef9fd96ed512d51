"""Bounds of the broker on its clients, so that none of them can crowd out the others.

A client that sends faster than it may is read from no faster: TCP slows it down, and nothing that
it sent is lost. Only what no honest client does ends a connection.
"""

from dataclasses import dataclass

from platone.infra.bounded_listener import HANDSHAKE_S, MOST_BY_ADDRESS, MOST_CONNECTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerBounds:
    """The bounds of a broker; those of a client hold for devices, not for our own services.

    Attributes:
        packet_bytes: Longest packet that is read: the longest message of readings fits.
        connections: Clients connected at once.
        connections_by_address: Clients of one address at once.
        handshake_s: Longest TLS handshake, s.
        connect_s: Longest time from there to the end of CONNECT, s.
        new_by_address: New connections of one address a second: a handshake costs as much as some
            readings. Further ones wait for it.
        new_at_once: New connections of one address before that counts: a portfolio's router.
        packets: Packets of a device a second: a node sends one reading in a quarter-hour.
        packets_at_once: Packets of a device before that counts: what a node sends after five days
            without a connection.
        phasors: Phasor messages of a device a second: twice those of a unit of 100 frames.
        phasors_at_once: Phasor messages before that counts: two seconds of them.
        bytes: Bytes of a device a second: eight of the longest packets.
        bytes_at_once: Bytes before that counts.
        held: Messages of a device that the services have not taken yet.
        filters: Topic filters in one SUBSCRIBE or UNSUBSCRIBE: our own services have five.
    """

    packet_bytes: int = 128 * 1024
    connections: int = MOST_CONNECTIONS
    connections_by_address: int = MOST_BY_ADDRESS
    handshake_s: float = HANDSHAKE_S
    connect_s: float = 10.0
    new_by_address: float = 10.0
    new_at_once: int = 100
    packets: float = 10.0
    packets_at_once: int = 500
    phasors: float = 200.0
    phasors_at_once: int = 400
    bytes: float = 1024.0 * 1024.0
    bytes_at_once: int = 8 * 1024 * 1024
    held: int = 20
    filters: int = 16
