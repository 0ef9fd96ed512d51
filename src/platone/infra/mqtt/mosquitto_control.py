"""Mosquitto's inner door: a clean connection in a client's name, which ends its own."""

import asyncio

from platone.infra.mqtt.device_broker import BrokerFailed
from platone.infra.mqtt.mosquitto_file import CONTROL_USER

_LOCAL = "127.0.0.1"
_ANSWER_S = 60.0
"""How long it may take to answer, s: it may be reading a long list of devices."""
_START = b"\x00\x04MQTT\x04\xc2\x00\x3c"
"""Protocol MQTT 3.1.1; user name, password and clean session; a keep-alive of 60 s."""
_DISCONNECT = b"\xe0\x00"
_CONNACK_LENGTH = 4
"""Bytes of CONNACK (MQTT 3.1.1, section 3.2)."""
_DIGIT = 128
"""Base of a packet's remaining length (MQTT 3.1.1, section 2.2.3)."""


async def take_over(client: str, port: int, secret: str) -> None:
    """Connect in a client's name and leave, so that its connection and its session end.

    Args:
        client: The client identifier.
        port: The inner door's port.
        secret: The control user's password.

    Raises:
        BrokerFailed: Mosquitto does not answer, or it refuses.
    """
    try:
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await asyncio.open_connection(_LOCAL, port)
            try:
                writer.write(_connect(client, secret))
                answer = await reader.readexactly(_CONNACK_LENGTH)
                writer.write(_DISCONNECT)
                await writer.drain()
            finally:
                writer.close()
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        raise BrokerFailed(f"Mosquitto does not answer: {error!r}") from error
    if answer[-1]:
        raise BrokerFailed(f"Mosquitto refuses its own server by return code {answer[-1]}.")


def _connect(client: str, secret: str) -> bytes:
    texts = [part.encode() for part in (client, CONTROL_USER, secret)]
    body = _START + b"".join(len(part).to_bytes(2, "big") + part for part in texts)
    high, low = divmod(len(body), _DIGIT)
    return bytes([0x10, low | _DIGIT, high] if high else [0x10, low]) + body
