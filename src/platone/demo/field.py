"""SIMULATED meters, plants and energy management systems.

They stand in for what hangs on a Light Node in the field, and they say so: every reading has the
quality "simulated". The Light Node's software itself is the product's own.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from platone.demo.scenario import Scenario
from platone.messages.metering import Reading, SetpointCommand

QUARTER_HOUR = timedelta(minutes=15)
WH_PER_KW_QUARTER = 250
"""Watt-hours that one kilowatt makes in a quarter-hour."""


class DayClock:
    """The simulated clock that the field shares with the server; the driver moves both."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the current simulated instant, UTC."""
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Move forward; a clock never goes back."""
        self._now = max(self._now, instant.astimezone(UTC))


class SetpointMemory:
    """The setpoints that a simulated plant was given, kept in a file.

    Args:
        file: Where they are kept, so that a plant that starts again knows them.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._setpoints_kw = _remembered(file)

    def keep(self, command: SetpointCommand) -> None:
        """Keep a setpoint of active power for each quarter-hour that it is about."""
        if command.power_kw is None:  # simulated plants have no reactive power to steer
            return
        moment = command.start_time
        end = moment + timedelta(minutes=command.duration_minutes)
        while moment < end:
            self._setpoints_kw[_key(moment)] = command.power_kw
            moment += QUARTER_HOUR
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_bytes(msgspec.json.encode(self._setpoints_kw))

    def at(self, moment: datetime) -> float | None:
        """Return the power that is ordered in the quarter-hour that starts then, kW, if any is."""
        return self._setpoints_kw.get(_key(moment))


class Plant:
    """A simulated customer's plant: its baseline with a calm sway, until a setpoint comes.

    Under a setpoint it does not sway: it goes from its baseline towards the setpoint, as far as
    it follows. There is no noise: the same scenario always gives the same power.

    Args:
        scenario: Whose baselines, sway and following it has.
        pod_id: Its point of delivery.
        memory: File in which it keeps its setpoints.
    """

    def __init__(self, scenario: Scenario, pod_id: str, memory: Path) -> None:
        self._scenario = scenario
        self._plant = scenario.plant(pod_id)
        self._baseline_kw = scenario.baselines_kw[pod_id]
        self._phase = random.Random(f"{scenario.field.seed}/{pod_id}").uniform(0, math.tau)  # noqa: S311 - a phase, no secret
        self._setpoints = SetpointMemory(memory)

    async def apply(self, command: SetpointCommand) -> None:
        """Take a setpoint, as an energy management system does, and keep it."""
        self._setpoints.keep(command)

    def power_kw(self, moment: datetime) -> float:
        """Return the power in the quarter-hour that starts then, kW, load convention."""
        slots = len(self._baseline_kw)
        index = ((moment - self._scenario.start) // QUARTER_HOUR) % slots
        baseline_kw = self._baseline_kw[index]
        setpoint_kw = self._setpoints.at(moment)
        if setpoint_kw is not None:
            follows = self._plant.follows_percent / 100
            return baseline_kw + follows * (setpoint_kw - baseline_kw)
        sway = self._plant.sway_percent / 100 * math.sin(math.tau * 3 * index / slots + self._phase)
        return baseline_kw * (1 + sway)


class SimulatedMeter:
    """A meter with a load profile: energy of each completed quarter-hour, whole Wh.

    Args:
        pod_id: Where it stands.
        power_kw: Power in the quarter-hour that starts at an instant.
        first: Start of its first interval.
        now: The simulated clock.
    """

    def __init__(
        self,
        pod_id: str,
        power_kw: Callable[[datetime], float],
        first: datetime,
        now: Callable[[], datetime],
    ) -> None:
        self._pod_id = pod_id
        self._power_kw = power_kw
        self._first = first.astimezone(UTC)
        self._now = now

    async def read(self, since: datetime | None) -> Sequence[Reading]:
        """Return the completed intervals that start at or after ``since``, in order of time."""
        moment = self._first if since is None else max(since, self._first)
        found: list[Reading] = []
        while moment + QUARTER_HOUR <= self._now():
            found.append(self._reading(moment))
            moment += QUARTER_HOUR
        return found

    def _reading(self, moment: datetime) -> Reading:
        return Reading(
            pod_id=self._pod_id,
            start_time=moment,
            duration_minutes=15,
            energy_wh=round(self._power_kw(moment) * WH_PER_KW_QUARTER),
            quality="simulated",
        )


def _key(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _remembered(memory: Path) -> dict[str, float]:
    if not memory.exists():
        return {}
    stored: Mapping[str, float] = msgspec.json.decode(memory.read_bytes(), type=dict[str, float])
    return dict(stored)
