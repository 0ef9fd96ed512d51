"""The one rule for instants that are recorded, and the doors that ask it."""

import io
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from platone.aggregator.domain.baseline import check_market_day
from platone.aggregator.domain.window import window_of
from platone.cli.grid_input import in_utc
from platone.customers.domain.instant import aligned_s
from platone.grid.file.measurement_file import read_measurements
from platone.grid.file.metering_file import read_metering_csv
from platone.grid.phasor.message import read_message
from platone.grid.problem.file import MeteringInvalid
from platone.kernel.clock import SimulatedClock
from platone.kernel.market_time import as_utc
from platone.kernel.record_time import InstantOutOfRange, check_recordable
from platone.messages.base import MarketType
from platone.messages.market import SessionReference
from platone.messages.phasor import Measurand, Phase, PhasorMessage, PhasorReading
from platone.messages.registry import Series

FIRST, END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
PHASOR = PhasorReading(component="c", measurand=Measurand.VOLTAGE_MAGNITUDE, phase=Phase.A, data=1)
OUTSIDE = [
    FIRST - timedelta(microseconds=1),
    END,
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))),
    datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=5))),
]


@pytest.mark.parametrize("instant", [FIRST, END - timedelta(microseconds=1)])
def test_the_bounds_are_half_open(instant: datetime) -> None:
    check_recordable(instant)


@pytest.mark.parametrize("instant", OUTSIDE)
def test_the_same_instants_are_refused_at_every_door(instant: datetime) -> None:
    with pytest.raises(InstantOutOfRange):
        check_recordable(instant)
    with pytest.raises(InstantOutOfRange):
        SimulatedClock(FIRST, speed=0).move_to(instant)
    with pytest.raises(InstantOutOfRange):
        check_market_day(Series(pod_id="IT001", start_time=instant, values=[1.0] * 96), "UTC")
    with pytest.raises(InstantOutOfRange):
        window_of(SessionReference(market_type=MarketType.DAY_AHEAD, start_time=instant), "UTC")
    with pytest.raises(InstantOutOfRange):
        aligned_s(instant, 900)
    with pytest.raises(InstantOutOfRange):
        as_utc(instant)
    with pytest.raises(InstantOutOfRange):
        read_message(
            msgspec.json.encode(PhasorMessage(device="d", timestamp=instant, readings=[PHASOR]))
        )
    row = f"time,consumer,p_kw\n{instant.isoformat()},a,1\n"
    with pytest.raises(MeteringInvalid, match="not in the years 2000 to 2099"):
        read_metering_csv(io.StringIO(row))
    with pytest.raises(InstantOutOfRange):
        read_measurements(b'{"at": "%s", "measurements": []}' % instant.isoformat().encode())
    with pytest.raises(InstantOutOfRange):
        in_utc(instant)
