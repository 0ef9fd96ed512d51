"""A client's link to the broker, which reconnects by itself."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import aiomqtt

from platone.infra.mqtt.tls import TlsFiles, client_context
from platone.infra.supervision import Loop, Supervisor
from platone.kernel.errors import Kind, PlatoneError

_LONGEST_PAUSE_S = 10.0
"""Longest pause before connecting again, s."""
_QUEUED = 20_000
"""Messages that wait to be taken; some seconds of the fastest stream, and bounded memory."""
_FAILURE = 0x80
"""Return code of SUBACK from which on a subscription is refused (MQTT 3.1.1 section 3.9.3)."""


class LinkDown(PlatoneError):
    """The message broker does not answer. What was to be sent is kept, and sent again later."""

    slug = "broker-unavailable"
    title = "The message broker does not answer"
    kind = Kind.UNAVAILABLE


class SubscriptionRefused(PlatoneError):
    """The broker does not let this identity listen to this topic."""

    slug = "subscription-refused"
    title = "The topic belongs to another identity"
    kind = Kind.FORBIDDEN


def _nothing() -> None:
    """Acknowledge what the link itself has acknowledged."""


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """A message as it came.

    Attributes:
        topic: Its topic.
        payload: Its bytes.
        acknowledge: Tells the broker that it is kept, where the subscription holds messages;
            without that the broker sends it again after the next connection.
    """

    topic: str
    payload: bytes
    acknowledge: Callable[[], None] = field(default=_nothing, compare=False)


@dataclass(frozen=True, slots=True)
class _Listening:
    """The topics of a subscription, and the queue of its messages."""

    topics: list[aiomqtt.Wildcard]
    qos: int
    is_held: bool
    received: asyncio.Queue[MqttMessage] = field(default_factory=lambda: asyncio.Queue(_QUEUED))


class _Client(aiomqtt.Client):
    """A client that acknowledges a message when it is told to."""

    def hold(self) -> None:
        """Leave the acknowledgement of every message from now on to :meth:`acknowledge`."""
        self._client.manual_ack_set(on=True)

    def acknowledge(self, message: aiomqtt.Message) -> None:
        """Acknowledge a message; on a connection that is gone, nothing happens."""
        self._client.ack(message.mid, message.qos)


class Subscription:
    """A subscription's messages, in the order in which they came.

    Args:
        received: Where the link puts them.
    """

    def __init__(self, received: asyncio.Queue[MqttMessage]) -> None:
        self._received = received

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> MqttMessage:
        return await self._received.get()

    async def batch(self, max_messages: int) -> list[MqttMessage]:
        """Wait for a message, and return it with all others that have come since."""
        batch = [await self._received.get()]
        while len(batch) < max_messages and not self._received.empty():
            batch.append(self._received.get_nowait())
        return batch


class BrokerAddress(Protocol):
    """The address at which a broker listens; known when it has started."""

    @property
    def host(self) -> str:
        """Return its name or address, as its certificate has it."""
        ...

    @property
    def port(self) -> int:
        """Return its port."""
        ...


@dataclass(frozen=True, slots=True)
class BrokerAt:
    """The address of a broker that is known and stays: its name, as its certificate has it."""

    host: str
    port: int


class MqttLink:
    """One identity's connection, QoS 1, over mutual TLS; it reconnects until it is stopped.

    Args:
        broker: Where the broker listens; asked at each connection.
        tls: This identity's certificate and key, and the broker's authority.
        identity: Common name of that certificate; it is the client id, too.
        keep_alive_s: Longest silence before a lost connection is noticed, s.
        on_up: Called at every new connection.
        supervisor: Keeps the connection up; by default one of its own.
    """

    def __init__(
        self,
        broker: BrokerAddress,
        tls: TlsFiles,
        identity: str,
        *,
        keep_alive_s: int = 30,
        on_up: Callable[[], None] = lambda: None,
        supervisor: Supervisor | None = None,
    ) -> None:
        self._supervisor = supervisor or Supervisor(identity)
        self._on_up = on_up
        self._broker, self._tls = broker, tls
        self._identity = identity
        self._keep_alive_s = keep_alive_s
        self._client: _Client | None = None
        self._up = asyncio.Event()
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listening: list[_Listening] = []
        self._connecting: Loop | None = None

    async def start(self) -> None:
        """Begin to connect, in the background."""
        self._connecting = self._supervisor.start(
            "link", self._stay_connected, longest_pause_s=_LONGEST_PAUSE_S
        )

    async def stop(self) -> None:
        """Disconnect from the broker."""
        if self._connecting is not None:
            await self._supervisor.finish("link", 0)
            self._connecting = None

    @property
    def is_up(self) -> bool:
        """Return whether the link is connected, as far as is known."""
        return self._up.is_set()

    async def wait_up(self, timeout_s: float = 10.0) -> None:
        """Wait until the link is connected and subscribed.

        Raises:
            LinkDown: It is not after ``timeout_s``.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._up.wait()
        except TimeoutError as error:
            raise LinkDown(f"{self._identity} has no connection to the broker.") from error

    async def publish(
        self, topic: str, payload: bytes, timeout_s: float = 10.0, *, is_acknowledged: bool = True
    ) -> None:
        """Send a message, and return when the broker has acknowledged it, which promises nothing.

        Args:
            topic: Where to.
            payload: The message.
            timeout_s: How long to wait for a connection, and for the acknowledgement, s.
            is_acknowledged: Whether to ask for one (QoS 1); without it (QoS 0) sending costs half.

        Raises:
            LinkDown: There is no connection, it was cut, or the broker refused.
        """
        await self.wait_up(timeout_s)
        client, lost = self._client, self._lost
        if client is None:
            raise LinkDown(f"{self._identity} has lost its connection to the broker.")
        if not is_acknowledged:
            await _unacknowledged(client, topic, payload)
            return
        sending = asyncio.ensure_future(client.publish(topic, payload, qos=1, timeout=timeout_s))
        # aiomqtt goes on waiting for an acknowledgement over a connection that is gone.
        try:
            await asyncio.wait((sending, lost), return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise LinkDown(f"{self._identity} has lost its connection to the broker.")
            await sending
        except aiomqtt.MqttError as error:
            raise LinkDown(f"The broker did not take the message: {error}") from error
        finally:
            sending.cancel()

    async def subscribe(
        self, topics: Sequence[str], *, is_acknowledged: bool = True, is_held: bool = False
    ) -> "Subscription":
        """Listen to topics, now and after every reconnection.

        Each call has its own queue, so that a flood on some topics does not drown the others.

        Args:
            topics: Topics or filters; no two of a link match the same topic.
            is_acknowledged: Whether the broker keeps messages until they have arrived (QoS 1);
                without it (QoS 0), for what is soon out of date, they cost half.
            is_held: Whether a message has arrived only once whoever takes it has called its
                ``acknowledge``; said before ``start``, and for QoS 1.

        Returns:
            The messages as they come. At most 20,000 wait to be taken; further ones are dropped,
            and come again when their sender misses its receipt.
        """
        listening = _Listening(
            [aiomqtt.Wildcard(topic) for topic in topics], int(is_acknowledged), is_held
        )
        self._listening.append(listening)
        if self._client is not None:
            await self._listen(self._client, listening)
        return Subscription(listening.received)

    async def _stay_connected(self) -> None:
        """Connect, and receive until the connection is lost.

        Raises:
            LinkDown, SubscriptionRefused: It was lost, or never came to be.
        """
        try:
            async with self._new_client() as client:
                if any(each.is_held for each in self._listening):
                    client.hold()
                for listening in self._listening:
                    await self._listen(client, listening)
                self._client = client
                self._lost = asyncio.get_running_loop().create_future()
                self._up.set()
                self._on_up()
                if self._connecting is not None:
                    self._connecting.beat()
                await self._receive(client)
                raise LinkDown("The connection has ended.")
        except (aiomqtt.MqttError, OSError) as error:
            raise LinkDown(f"The connection to the broker is down: {error}") from error
        finally:
            self._up.clear()
            self._client = None
            if not self._lost.done():
                self._lost.set_result(None)

    def _new_client(self) -> _Client:
        client = _Client(
            self._broker.host,
            self._broker.port,
            identifier=self._identity,
            clean_session=False,
            keepalive=self._keep_alive_s,
            tls_context=client_context(self._tls),
            max_inflight_messages=200,
            # Without it each small packet waits for the acknowledgement of the one before: 40 ms.
            socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
        )
        client.pending_calls_threshold = _QUEUED  # many publications at once are our habit
        return client

    async def _listen(self, client: aiomqtt.Client, listening: _Listening) -> None:
        for topic in listening.topics:
            for code in await client.subscribe(topic.value, qos=listening.qos):
                if (code if isinstance(code, int) else int(code.value)) >= _FAILURE:
                    raise SubscriptionRefused(f"{self._identity} may not listen to {topic}.")

    async def _receive(self, client: _Client) -> None:
        async for message in client.messages:
            acknowledge = partial(client.acknowledge, message)
            found = MqttMessage(message.topic.value, bytes(message.payload), acknowledge)
            is_held = False
            for listening in self._listening:
                if any(message.topic.matches(topic) for topic in listening.topics):
                    with contextlib.suppress(asyncio.QueueFull):
                        listening.received.put_nowait(found)
                        is_held |= listening.is_held
            if not is_held:
                acknowledge()  # which does nothing where the client holds no messages


async def _unacknowledged(client: aiomqtt.Client, topic: str, payload: bytes) -> None:
    try:
        await client.publish(topic, payload, qos=0)
    except aiomqtt.MqttError as error:
        raise LinkDown(f"The broker did not take the message: {error}") from error
