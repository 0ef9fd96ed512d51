"""Clients of a broker: raw sockets that send whatever they like, and links as the product has."""

import asyncio
import ssl
from typing import Any

from platone.infra.mqtt.link import BrokerAddress, BrokerAt, MqttLink
from platone.infra.mqtt.tls import TlsFiles, client_context

A = "0x" + "aA" * 20
B = "0x" + "bB" * 20
_CONNECT_FLAGS_CLEAN = 0x02


def connect_bytes(client_id: str, flags: int = _CONNECT_FLAGS_CLEAN, extra: bytes = b"") -> bytes:
    name = client_id.encode()
    body = b"\x00\x04MQTT\x04" + bytes([flags]) + b"\x00\x3c"
    body += len(name).to_bytes(2, "big") + name + extra
    return bytes([0x10, len(body)]) + body


def text(value: str) -> bytes:
    return len(value).to_bytes(2, "big") + value.encode()


def publication(topic: str, payload: bytes, flags: int = 0x32) -> bytes:
    body = text(topic) + (b"\x00\x01" if flags & 0x06 else b"") + payload
    return bytes([flags, len(body)]) + body


class Raw:
    """A client that sends whatever bytes it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, broker: BrokerAddress, context: ssl.SSLContext) -> "Raw":
        return cls(*await asyncio.open_connection("127.0.0.1", broker.port, ssl=context))

    async def publish(self, topic: str, payload: bytes) -> None:
        self.writer.write(publication(topic, payload, 0x30))

    async def ask(self, sent: bytes, count: int) -> bytes:
        self.writer.write(sent)
        async with asyncio.timeout(5):
            return await self.reader.readexactly(count)

    async def is_hung_up(self, sent: bytes = b"") -> bool:
        self.writer.write(sent)
        try:
            async with asyncio.timeout(5):
                return await self.reader.read(1) == b""
        except ConnectionError:
            return True

    async def close(self) -> None:
        self.writer.transport.abort()
        await asyncio.sleep(0)


async def opened(broker: BrokerAddress, files: TlsFiles, identity: str) -> Raw:
    raw = await Raw.open(broker, client_context(files))
    assert await raw.ask(connect_bytes(identity), 4) == b"\x20\x02\x00\x00"
    return raw


async def link_of(broker: BrokerAddress, files: TlsFiles, identity: str, *topics: str) -> Any:
    link = MqttLink(BrokerAt("127.0.0.1", broker.port), files, identity)
    messages = await link.subscribe(topics)
    await link.start()
    await link.wait_up()
    return link, messages


async def next_of(messages: Any, seconds: float = 5) -> Any:
    async with asyncio.timeout(seconds):
        return await anext(messages)


async def until_heard(client: MqttLink | Raw, topic: str, payload: bytes, messages: Any) -> None:
    """Publish until it is heard: a broker may be told a moment later who was enrolled."""
    async with asyncio.timeout(20):
        while True:
            await client.publish(topic, payload)
            try:
                assert (await next_of(messages, 0.2)).payload == payload
            except TimeoutError:
                continue
            return
