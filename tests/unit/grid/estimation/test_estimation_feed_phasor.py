"""Phasors of the databus as measurements: how certain they are, small ones among them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from platone.dso.domain.estimation import MaxAges
from platone.dso.domain.feed_reading import Accuracy
from platone.dso.domain.phasor import PhasorSample
from platone.dso.records.phasor import PhasorRecords
from platone.dso.records.table import metadata
from platone.dso.service.estimation_feed import PhasorFeed
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.placement import place_measurements
from platone.grid.estimation.sensors import SensorSet
from platone.grid.phasor.component import ComponentPhasors
from platone.infra.db import Database, sqlite_url
from platone.messages.phasor import Phase

AT = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
THIRD = np.exp(-2j * np.pi / 3)


def _phases(current: complex) -> dict[Phase, complex]:
    return {
        phase: complex(current * THIRD**row)
        for row, phase in enumerate((Phase.A, Phase.B, Phase.C))
    }


@pytest.mark.parametrize("amperes", [0.0, 0.02, 0.5, 12.0, 200.0])
async def test_errors_are_as_large_as_is_said(street: Any, amperes: float, tmp_path: Path) -> None:
    """Drawn errors of both parts of a phasor: its share, and no less than the least current."""
    network, accuracy = street(), Accuracy()
    model, random = NetworkModel(network), np.random.default_rng(7)
    std = max(accuracy.phasor_share * amperes, accuracy.least_current_a)
    true = amperes * np.exp(0.7j)
    drawn = true + std * (random.standard_normal(2000) + 1j * random.standard_normal(2000))
    database = Database(sqlite_url(tmp_path / "dso.db"), metadata)
    await database.open()
    records = PhasorRecords(database)
    await records.keep(
        [
            PhasorSample(f"P{row:04}", AT, ComponentPhasors("l5", {}, _phases(one), {}))
            for row, one in enumerate(drawn.tolist())
        ]
    )
    readings = await PhasorFeed(records, accuracy).around(AT, MaxAges())
    taken = readings.on(network).measurements
    await database.close()
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
