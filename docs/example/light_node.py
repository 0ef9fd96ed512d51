"""A Light Node to try things with: the product's own, on a meter that tells what you say.

Usage, in this order (its keys and its journal are kept in out/light-node):

    python light_node.py request POD > enrolment.json     its request to be enrolled
    python light_node.py install device.json              takes the answer
    python light_node.py await-setpoint NOW               waits for a setpoint, and shows it
    python light_node.py send POD START ENERGY_WH         a quarter-hour, when it is over

NOW and START are instants such as 2021-06-23T10:30:00Z, on the server's simulated clock.
"""

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from platone.bootstrap import LightNode, light_node
from platone.kernel.clock import SimulatedClock
from platone.messages.metering import DeviceCredentials, Reading, SetpointCommand

FOLDER = Path("out/light-node")
QUARTER_HOUR = timedelta(minutes=15)
LIMIT_S = 60


class Meter:
    """A meter that knows the readings it is given."""

    def __init__(self, *readings: Reading) -> None:
        self._readings = readings

    async def read(self, since: datetime | None) -> Sequence[Reading]:
        """Return the readings from an instant on."""
        return [each for each in self._readings if since is None or each.start_time >= since]


class EnergyManagement:
    """A customer's energy management system that shows the setpoint it is told."""

    def __init__(self) -> None:
        self.has_come = asyncio.Event()

    async def apply(self, command: SetpointCommand) -> None:
        """Take a setpoint."""
        at = command.start_time.strftime("%Y-%m-%dT%H:%M:%SZ")
        print(f"setpoint {command.power_kw:.1f} kW from {at}")
        self.has_come.set()


def node(now: datetime, *readings: Reading) -> tuple[LightNode, EnergyManagement]:
    """Return the Light Node and its energy management system."""
    system = EnergyManagement()
    return light_node(FOLDER, Meter(*readings), system, SimulatedClock(now, 0)), system


async def await_setpoint(now: datetime) -> None:
    """Wait for a setpoint; it is acknowledged by itself."""
    running, system = node(now)
    await running.start()
    async with asyncio.timeout(LIMIT_S):
        await system.has_come.wait()
    await asyncio.sleep(1)
    await running.stop()


async def send(pod_id: str, start: datetime, energy_wh: int) -> None:
    """Sign and send a quarter-hour, and wait for the receipt."""
    reading = Reading(
        pod_id=pod_id,
        start_time=start,
        duration_minutes=15,
        energy_wh=energy_wh,
        quality="simulated",
    )
    running, _ = node(start + QUARTER_HOUR, reading)
    await running.start()
    await running.collect()
    await running.wait_received(LIMIT_S)
    print("refused" if (await running.status()).refused else "received")
    await running.stop()


def main(command: str, *arguments: str) -> None:
    """Do what the command line asks."""
    if command == "request":
        enrolment = node(datetime.fromisoformat("2021-06-22T09:00:00Z"))[0].enrolment(arguments[0])
        print(msgspec.json.encode(enrolment).decode())
    elif command == "install":
        answer = msgspec.json.decode(Path(arguments[0]).read_bytes(), type=DeviceCredentials)
        node(datetime.fromisoformat("2021-06-22T09:00:00Z"))[0].install(answer)
        print("installed")
    elif command == "await-setpoint":
        asyncio.run(await_setpoint(datetime.fromisoformat(arguments[0])))
    else:
        pod_id, start, energy_wh = arguments
        asyncio.run(send(pod_id, datetime.fromisoformat(start), int(energy_wh)))


if __name__ == "__main__":
    main(*sys.argv[1:])
