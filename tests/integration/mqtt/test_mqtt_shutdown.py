"""The broker stops: while a client connection begins, and when its library hangs."""

import asyncio

import pytest
from amqtt.adapters import BufferReader
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import Session
from tests.integration.mqtt.conftest import Authority

from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.link import BrokerAt, MqttLink
from platone.infra.mqtt.router import Router
from platone.infra.mqtt.standing import Standing


class SilentWriter:
    """Takes what is written, and sends it nowhere."""

    async def close(self) -> None:
        """Be closed."""


async def test_a_connection_whose_reader_has_not_begun_does_not_hold_up_the_stop() -> None:
    router = Router(Standing())
    await router.start()
    session = Session()
    session.client_id = "0x" + "ab" * 20
    handler = BrokerProtocolHandler(router.plugins_manager, loop=asyncio.get_running_loop())
    handler.attach(session, BufferReader(b""), SilentWriter())
    router._sessions[session.client_id] = session, handler
    starting = asyncio.create_task(handler.start())
    await asyncio.sleep(0)  # the reader's task is made, and has taken no step
    try:
        async with asyncio.timeout(5):
            await router.shutdown()
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)


async def test_a_library_that_hangs_does_not_hold_up_the_stop(
    broker: MqttBroker,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def hang(_: BrokerProtocolHandler) -> None:
        await asyncio.Event().wait()

    link = MqttLink(BrokerAt("127.0.0.1", broker.port), authority.issue("access"), "access")
    await link.start()
    await link.wait_up()
    monkeypatch.setattr(BrokerProtocolHandler, "stop", hang)
    async with asyncio.timeout(30):
        await broker.stop()
        while link.is_up:
            await asyncio.sleep(0.01)
    monkeypatch.undo()
    assert "the broker's sessions took longer" in caplog.text
    await link.stop()
