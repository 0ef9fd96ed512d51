"""Room for the messages of devices: how fast each may send, and how many are under way."""

import asyncio
from collections import Counter

from platone.infra.budget import Budget
from platone.infra.mqtt import topic as topics
from platone.infra.mqtt.acl import is_device
from platone.infra.mqtt.bound import BrokerBounds

_UNDER_WAY = 200
"""Messages of devices under way to the services at once, so that nothing piles up in memory."""


class _Pace:
    """The budgets of a device, which outlive its connections: a new one gains nothing."""

    def __init__(self, bounds: BrokerBounds) -> None:
        self.packets = Budget(bounds.packets, bounds.packets_at_once)
        self.phasors = Budget(bounds.phasors, bounds.phasors_at_once)
        self.bytes = Budget(bounds.bytes, bounds.bytes_at_once)


class Room:
    """The room that the services have for messages of devices.

    Devices wait for it, first come, first served; they themselves are never waited for, so that
    one which is stuck or floods does not hold up the others. Our own services do not wait.

    Args:
        bounds: How much each device may have of it.
    """

    def __init__(self, bounds: BrokerBounds) -> None:
        self._bounds = bounds
        self._under_way = asyncio.Semaphore(_UNDER_WAY)
        self._own: dict[str, asyncio.Semaphore] = {}
        self._held: Counter[str] = Counter()
        self._paces: dict[str, _Pace] = {}

    async def keep_pace(self, identity: str, size: int, topic: str = "") -> None:
        """Wait as long as a device that sent a packet has to, before its next one is read.

        Args:
            identity: Who sent it.
            size: Its bytes.
            topic: Its topic, if it is a message.
        """
        if not is_device(identity):
            return
        pace = self._paces.get(identity)
        if pace is None:
            pace = self._paces[identity] = _Pace(self._bounds)
        is_phasor = topic == topics.phasors(identity)
        wait_s = (pace.phasors if is_phasor else pace.packets).take(1)
        wait_s = max(wait_s, pace.bytes.take(size))
        if wait_s:
            await asyncio.sleep(wait_s)

    async def enter(self, identity: str) -> None:
        """Wait until there is room for another message of a device.

        The room is given back when the message is acknowledged, or by ``forget``.
        """
        if is_device(identity):
            own = self._own.setdefault(identity, asyncio.Semaphore(self._bounds.held))
            await own.acquire()
            try:
                await self._under_way.acquire()
            except BaseException:
                own.release()
                raise
            self._held[identity] += 1

    def leave(self, identity: str) -> None:
        """Give back the room of a message."""
        if self._held[identity]:
            self._held[identity] -= 1
            self._under_way.release()
            self._own[identity].release()

    def forget(self, identity: str) -> None:
        """Give back all room that an ended connection held."""
        for _ in range(self._held.pop(identity, 0)):
            self._under_way.release()
        self._own.pop(identity, None)
