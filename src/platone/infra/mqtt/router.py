"""Routing of messages by amqtt's broker, with our access rules and bounded memory."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from amqtt.broker import Broker, RetainedApplicationMessage
from amqtt.contexts import Action as LibraryAction
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
from amqtt.session import Session

from platone.infra.mqtt.acl import Action, allowed
from platone.infra.mqtt.bound import BrokerBounds
from platone.infra.mqtt.room import Room
from platone.infra.mqtt.standing import Standing

LISTENER = "default"
_MAX_IN_FLIGHT = 1000
"""Messages sent to a client before it acknowledges; further ones are dropped."""
_MAX_QUEUED_OFFLINE = 1000
"""Messages kept for a session that is away; the oldest are dropped."""
_log = logging.getLogger(__name__)


class Router(Broker):  # type: ignore[misc] # amqtt carries no types
    """Routes messages between sessions whose client id is the common name of a certificate.

    It opens no socket: connections come through the gate, by ``external_connected``. QoS is at
    most 1. A session that is away keeps its newest 1000 messages, those it has not acknowledged
    among them; one that is connected and does not acknowledge is sent no more than 1000 at once:
    what is lost so is sent again by whoever waits for the application's receipt.

    Args:
        standing: The devices that may use it.
        bounds: How much each of them may send.
        session_expiry_s: How long the session of an absent client is kept, s.
    """

    def __init__(
        self, standing: Standing, bounds: BrokerBounds | None = None, session_expiry_s: int = 86400
    ) -> None:
        listener = ListenerConfig(type=ListenerType.EXTERNAL, bind="external")
        super().__init__(
            BrokerConfig(
                listeners={LISTENER: listener},
                session_expiry_interval=session_expiry_s,
                plugins={},
            )
        )
        self._standing = standing
        self.room = Room(bounds or BrokerBounds())
        self._wildcards: set[str] = set()
        self._deliveries: set[asyncio.Task[Any]] = set()
        self._stuck: set[str | None] = set()

    def may(self, identity: str, topic: str, action: Action) -> bool:
        """Return whether an identity stands, and may do something with a topic or filter."""
        return self._standing.holds(identity) and allowed(identity, topic, action)

    async def drop_session(self, identity: str) -> None:
        """Forget the session of an identity, with its subscriptions and what waits for it."""
        await self._delete_session(identity)

    def _listeners(self, topic: str) -> list[tuple[Session, int]]:
        """Return the subscriptions with wildcards that match a topic."""
        return [
            subscription
            for pattern in self._wildcards
            if self._matches(topic, pattern)
            for subscription in self._subscriptions.get(pattern, ())
        ]

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        """Subscribe a session with QoS of at most 1; return the code that SUBACK carries."""
        pattern, qos = subscription
        granted = int(await super().add_subscription((pattern, min(qos, 1)), session))
        if not {"+", "#"}.isdisjoint(pattern) and pattern in self._subscriptions:
            self._wildcards.add(pattern)
        return granted

    async def _authenticate(self, session: Session, _: ListenerConfig) -> bool:
        """Accept every session: the gate admits none without a certificate for its client id."""
        return session.client_id is not None

    async def _topic_filtering(self, session: Session, topic: str, action: LibraryAction) -> bool:
        wanted = Action.PUBLISH if action is LibraryAction.PUBLISH else Action.SUBSCRIBE
        return self.may(session.client_id or "", topic, wanted)

    async def _stop_handler(self, handler: Any) -> None:
        """Stop a connection; if it is just beginning, let its reader take the first step.

        amqtt waits for the end of the reader, which a reader that was cancelled before its first
        step never tells: the broker could not stop while a client connects.
        """
        await asyncio.sleep(0)
        await super()._stop_handler(handler)

    async def _handle_disconnect(
        self, client_session: Session, handler: Any, disconnect_waiter: asyncio.Future[Any]
    ) -> None:
        """Deliver what the client sent and was acknowledged; amqtt would forget it."""
        waiting = client_session.delivered_message_queue
        while not waiting.empty():
            message = waiting.get_nowait()
            await self._broadcast_message(client_session, message.topic, message.data)
        await super()._handle_disconnect(client_session, handler, disconnect_waiter)

    async def _broadcast_message(
        self,
        session: Session | None,
        topic: str | None,
        data: bytes | bytearray | None,
        force_qos: int | None = None,
    ) -> None:
        """Deliver at once: amqtt's own loop compares every message with every subscription."""
        del force_qos
        if topic is None or data is None:
            return
        last: asyncio.Task[Any] | None = None
        for target, qos in [*self._subscriptions.get(topic, ()), *self._listeners(topic)]:
            if target.transitions.state != "connected":
                self._keep(target, topic, data, qos)
            elif len(target.inflight_out) < _MAX_IN_FLIGHT:
                self._stuck.discard(target.client_id)
                last = self._deliver(target, topic, data, qos) or last
            elif target.client_id not in self._stuck:
                self._stuck.add(target.client_id)
                _log.warning("%s acknowledges nothing: messages are dropped", target.client_id)
        sender = (session and session.client_id) or ""
        if last is not None:
            last.add_done_callback(lambda _: self.room.leave(sender))
        else:
            self.room.leave(sender)

    def _keep(self, target: Session, topic: str, data: bytes | bytearray, qos: int) -> None:
        if target.clean_session or not qos:
            return
        if target.retained_messages.qsize() >= _MAX_QUEUED_OFFLINE:
            target.retained_messages.get_nowait()
        target.retained_messages.put_nowait(RetainedApplicationMessage(None, topic, data, qos))

    def _deliver(
        self, target: Session, topic: str, data: bytes | bytearray, qos: int
    ) -> asyncio.Task[Any] | None:
        handler = self._get_handler(target)
        if handler is None:
            return None
        task: asyncio.Task[Any] = asyncio.ensure_future(
            handler.mqtt_publish(topic, data, qos, retain=False)
        )
        self._deliveries.add(task)
        kept = partial(self._keep, target, topic, data, qos)
        task.add_done_callback(lambda ended: self._delivered(ended, kept))
        return task

    def _delivered(self, task: asyncio.Task[Any], keep: Callable[[], None]) -> None:
        """Keep for the next connection what was not acknowledged; amqtt would forget it."""
        self._deliveries.discard(task)
        if task.cancelled():
            keep()
        elif task.exception() is not None:
            _log.debug("a delivery failed: %s", task.exception())
            keep()

    async def _publish_session_retained_messages(self, session: Session) -> None:
        """Deliver what has waited for a session that is back, and wait for no acknowledgement.

        amqtt would answer nothing, not even SUBSCRIBE, before all of it is acknowledged.
        """
        waiting = session.retained_messages
        for _ in range(waiting.qsize()):
            kept = waiting.get_nowait()
            if self._deliver(session, kept.topic, kept.data, kept.qos) is None:
                self._keep(session, kept.topic, kept.data, kept.qos)
