"""Phasors of the databus as measurements: how certain they are, small ones among them."""

import asyncio
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
import pytest

from platone.dso.service.estimation_feed import Accuracy, Phasors
from platone.dso.service.estimation_port import Window
from platone.dso.service.phasor_port import PhasorRecord, Taken
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.placement import place_measurements
from platone.grid.estimation.sensors import SensorSet
from platone.grid.phasor.component import Component
from platone.messages.phasor import Phase

AT = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
THIRD = np.exp(-2j * np.pi / 3)


class Devices:
    """What devices took, in memory."""

    def __init__(self, currents: list[complex]) -> None:
        self._currents = currents

    async def last_before(self, _at: datetime, _within: Any) -> list[Taken]:
        return [
            Taken(f"P{row}", AT, Component("l5", {}, _phases(one), {}))
            for row, one in enumerate(self._currents)
        ]


def _phases(current: complex) -> dict[Phase, complex]:
    return {
        phase: complex(current * THIRD**row)
        for row, phase in enumerate((Phase.A, Phase.B, Phase.C))
    }


@pytest.mark.parametrize("amperes", [0.0, 0.02, 0.5, 12.0, 200.0])
def test_errors_are_as_large_as_is_said(street: Any, amperes: float) -> None:
    """Drawn errors of both parts of a phasor: its share, and no less than the least current."""
    network, accuracy = street(), Accuracy()
    model, random = NetworkModel(network), np.random.default_rng(7)
    std = max(accuracy.phasor_share * amperes, accuracy.least_current_a)
    true = amperes * np.exp(0.7j)
    drawn = true + std * (random.standard_normal(2000) + 1j * random.standard_normal(2000))
    feed = Phasors(cast("PhasorRecord", Devices(drawn.tolist())), accuracy)
    taken = asyncio.run(feed.around(network, AT, Window())).measurements
    assert len(taken) == len(drawn)
    placed = place_measurements(model, SensorSet(taken))
    rows, base_a = placed.sensors.rows, model.circuit.ports.from_base_a[4]
    along, across = rows.blocks[5:]
    turned = true * rows.turn / base_a
    normalised = [
        (placed.value[block] - part) / placed.sensors.std[block]
        for block, part in ((along, turned.real), (across, turned.imag))
    ]
    # of nothing but errors all is along what was measured: the two parts count together
    assert 0.9 < float(np.sqrt(np.mean(np.square(normalised)))) < 1.1
