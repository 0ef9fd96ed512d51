"""What is prepared for the sensors of a network and kept, as they are mostly the same again.

Where sensors stand tells what they determine and what they can say; how certain they are, the
equations and the tests. So what was prepared is used again for other values of the same sensors,
and its first part also where only their certainty is another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from platone.grid.array import Complexes
from platone.grid.estimation.check import faults
from platone.grid.estimation.estimator import Estimator
from platone.grid.estimation.lru_cache import Kept
from platone.grid.estimation.measurement import Measurement
from platone.grid.estimation.network_model import Ground
from platone.grid.estimation.observability import Undetermined, undetermined
from platone.grid.estimation.placement import Placed, place
from platone.grid.estimation.plausible import Plausible, plausible
from platone.grid.estimation.sensors import Sensors, sensors_of
from platone.grid.problem.estimation import MeasurementsInvalid

_MOST_ROWS, _LEAST_SETS = 100_000, 3
"""Rows of all that is kept of a network, some 80 MB; and the sets that one estimation may take:
measurements alone, with expected powers, and with voltages that are set."""


@dataclass(eq=False)
class _Site:
    """What depends on where sensors stand alone.

    Attributes:
        sensors: How many numbers they send.
        left_open: What they do not determine.
        ranges: What their numbers can be, once it was wanted.
        near: A state that was estimated of them.
    """

    sensors: int
    left_open: Undetermined
    ranges: Plausible | None = None
    near: Complexes | None = None


@dataclass(frozen=True, eq=False)
class Prepared:
    """Measurements of sensors for which all is prepared.

    Attributes:
        sensors: The measurements as columns.
        placed: The measurements as rows.
        left_open: What they do not determine.
        estimator: Of the sensors.
    """

    sensors: Sensors
    placed: Placed
    left_open: Undetermined
    estimator: Estimator


_Key = tuple[object, ...]


class Preparations:
    """What was prepared for the sensors of a network, the last used; for any number of threads.

    Args:
        ground: The network.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._sites: Kept[_Key, _Site] = Kept(_MOST_ROWS, lambda site: site.sensors, _LEAST_SETS)
        self._settings: Kept[_Key, Prepared] = Kept(_MOST_ROWS, _rows, _LEAST_SETS)

    def of(
        self, measurements: Sequence[Measurement], confidence: float, *, is_checked: bool = False
    ) -> Prepared:
        """What is prepared for the sensors of measurements, made where it is not kept.

        Args:
            measurements: What was measured, pseudo-measurements among it.
            confidence: Of both tests of bad data.
            is_checked: Whether they are known to fit the network.

        Raises:
            MeasurementsInvalid: They do not fit the network.
        """
        sensors = sensors_of(measurements)
        if not is_checked:
            self._check(measurements, sensors)
        kept = self._settings.get(_key(sensors, confidence))
        if kept is not None:
            placed = kept.placed.again(measurements, sensors.value)
            return replace(kept, sensors=sensors, placed=placed)
        placed = place(self.ground, measurements)
        site = self._sites.get(sensors.identity)
        if site is None:
            site = _Site(len(sensors.value), undetermined(placed.series))
            self._sites.put(sensors.identity, site)
        placed = _without_aimless(placed, site.left_open)
        estimator = Estimator(placed.setting, confidence, site.near)
        made = Prepared(sensors, placed, site.left_open, estimator)
        self._settings.put(_key(sensors, confidence), made)
        return made

    def _check(self, measurements: Sequence[Measurement], sensors: Sensors) -> None:
        site = self._sites.get(sensors.identity)
        if site is not None:
            if site.ranges is None:
                site.ranges = plausible(self.ground.network, measurements, sensors)
            if site.ranges.holds(sensors):
                return
        found = faults(self.ground.network, measurements)
        if found:
            raise MeasurementsInvalid(found)

    def learn(self, prepared: Prepared, state: Complexes, *, is_worn: bool) -> None:
        """Learn from a state that was estimated.

        Args:
            prepared: What it was estimated with.
            state: The state.
            is_worn: Whether it was prepared in a state with bad data; it is made anew in this one.
        """
        sensors, estimator = prepared.sensors, prepared.estimator
        site = self._sites.get(sensors.identity)
        if site is not None:
            site.near = state
        if is_worn:
            again = Estimator(estimator.setting, estimator.confidence, state)
            key = _key(sensors, estimator.confidence)
            self._settings.put(key, replace(prepared, estimator=again))


def _key(sensors: Sensors, confidence: float) -> _Key:
    return sensors.identity, sensors.certainty, confidence


def _rows(prepared: Prepared) -> int:
    return prepared.placed.setting.rows.count


def _without_aimless(placed: Placed, left: Undetermined) -> Placed:
    """Without magnitudes of currents that nothing else tells of: they may flow either way."""
    rows, std = placed.setting.rows, placed.setting.std.copy()
    powers = len(rows.power)
    flows = placed.series.rows.currents[powers : powers + rows.amperes]
    places = rows.blocks[4].start + np.flatnonzero(left.of(flows))
    std[places] = np.inf
    names = [each.measurement for row in places.tolist() for each in placed.readings[row]]
    reason = "nothing tells in which direction this current flows"
    return replace(
        placed,
        setting=replace(placed.setting, std=std, loose=left.nodes),
        unused=placed.unused | dict.fromkeys(names, reason),
    )
