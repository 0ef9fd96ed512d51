"""The field of a demonstration: the product's Light Nodes on simulated plants and meters."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from platone import bootstrap
from platone.demo.connection import DayFailed
from platone.demo.field import DayClock, Plant, SimulatedMeter
from platone.demo.scenario import Scenario
from platone.messages.metering import DeviceCredentials, DeviceEnrolment

_RECEIPT_S = 90.0
"""Seconds that a device waits for its receipts, before the demonstration gives up and says so."""


class Fleet:
    """Light Nodes of a scenario's points of delivery.

    Args:
        scenario: Which points of delivery there are, and how their plants behave.
        folder: Where each node has its own folder.
        clock: The simulated clock.
    """

    def __init__(self, scenario: Scenario, folder: Path, clock: DayClock) -> None:
        self._nodes: dict[str, Any] = {}
        for plant in scenario.plants:
            home = folder / plant.pod_id
            simulated = Plant(scenario, plant.pod_id, home / "setpoints.json")
            meter = SimulatedMeter(
                plant.pod_id, simulated.power_kw, scenario.field.metering_starts, clock.now
            )
            self._nodes[plant.pod_id] = bootstrap.light_node(home, meter, simulated, clock)
        self._is_running = False

    def address(self, pod_id: str) -> str:
        """Return the address of the device at a point of delivery."""
        return str(self._nodes[pod_id].address)

    def enrolment(self, pod_id: str) -> DeviceEnrolment | None:
        """Return the request to enrol the device of a PoD; None where it is enrolled already."""
        node = self._nodes[pod_id]
        if node.is_enrolled:
            return None
        request: DeviceEnrolment = node.enrolment(pod_id)
        return request

    def install(self, credentials: DeviceCredentials) -> None:
        """Give a device what its enrolment answered."""
        self._nodes[credentials.pod_id].install(credentials)

    async def start(self) -> None:
        """Connect all devices; again: nothing."""
        if not self._is_running:
            self._is_running = True
            await asyncio.gather(*(node.start() for node in self._nodes.values()))

    async def stop(self) -> None:
        """Disconnect all devices."""
        await asyncio.gather(*(node.stop() for node in self._nodes.values()))

    async def deliver(self) -> int:
        """Have all meters read and all readings received; return the number of messages sent.

        Raises:
            DayFailed: A receipt did not come, or a message was refused.
        """
        made = [await node.collect() for node in self._nodes.values()]
        await self._received(self._nodes)
        for pod_id, node in self._nodes.items():
            refused = (await node.status()).refused
            if refused:
                raise DayFailed(f"{refused} messages of the device at {pod_id} were refused")
        return sum(made)

    async def _received(self, pod_ids: Iterable[str]) -> None:
        for pod_id in pod_ids:
            try:
                await self._nodes[pod_id].wait_received(_RECEIPT_S)
            except TimeoutError as late:
                raise DayFailed(
                    f"the device at {pod_id} waited {_RECEIPT_S:.0f} s in vain for its receipts"
                ) from late
