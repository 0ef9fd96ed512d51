from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import platone.demo.italy
from platone.demo.field import DayClock, Plant, SimulatedMeter
from platone.demo.scenario import Scenario
from platone.demo.scenario_file import load_scenario
from platone.messages.metering import SetpointCommand

NOON = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(Path(platone.demo.italy.__file__).with_name("scenario"))


def command(power_kw: float) -> SetpointCommand:
    return SetpointCommand(
        setpoint_id="S",
        device="0x" + "0" * 40,
        pod_id="IT002E60974469",
        start_time=NOON,
        duration_minutes=15,
        power_kw=power_kw,
    )


async def test_a_plant_goes_towards_its_setpoint_as_far_as_it_follows(
    scenario: Scenario, tmp_path: Path
) -> None:
    plant = Plant(scenario, "IT002E60974469", tmp_path / "setpoints.json")
    free_kw = plant.power_kw(NOON)
    assert abs(free_kw - 4557.09) <= 0.02 * 4557.09
    await plant.apply(command(4180.35))
    assert plant.power_kw(NOON) == pytest.approx(4557.09 + 0.93 * (4180.35 - 4557.09), abs=1e-9)
    assert abs(plant.power_kw(NOON + QUARTER) - scenario.baselines_kw["IT002E60974469"][51]) < 90
    again = Plant(scenario, "IT002E60974469", tmp_path / "setpoints.json")
    assert again.power_kw(NOON) == plant.power_kw(NOON)


async def test_a_meter_gives_completed_quarter_hours_in_watt_hours() -> None:
    clock = DayClock(NOON)
    meter = SimulatedMeter("POD-1", lambda _: -1.0022, NOON - 2 * QUARTER, clock.now)
    first = await meter.read(None)
    assert [reading.start_time for reading in first] == [NOON - 2 * QUARTER, NOON - QUARTER]
    assert {(reading.energy_wh, reading.quality) for reading in first} == {(-251, "simulated")}
    assert not await meter.read(NOON)
    clock.move_to(NOON + QUARTER + timedelta(minutes=14))
    assert [reading.start_time for reading in await meter.read(NOON)] == [NOON]
    clock.move_to(NOON)
    assert clock.now() == NOON + QUARTER + timedelta(minutes=14)
