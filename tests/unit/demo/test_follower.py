"""A simulated plant of a running server does what its baseline says and what setpoints order."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from platone.demo.follower import FollowingPlant
from platone.messages.metering import SetpointCommand
from platone.messages.registry import PointOfDelivery, Series

POD = PointOfDelivery(pod_id="IT001E00000001", aggregator_id="ACEAE", pn_p=100.0)
NOON = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


async def test_a_plant_follows_its_baseline_and_then_its_setpoint(tmp_path: Path) -> None:
    memory = tmp_path / "IT001E00000001" / "setpoints.json"
    plant = FollowingPlant(POD, memory)
    assert plant.power_kw(NOON) == 20.0  # a fifth of what is contracted
    plant.learn([Series(pod_id=POD.pod_id, start_time=NOON, values=[50.0, 60.0])])
    assert [plant.power_kw(NOON + place * QUARTER) for place in range(3)] == [50.0, 60.0, 20.0]
    ordered = SetpointCommand(
        setpoint_id="S",
        device="0x" + "0" * 40,
        pod_id=POD.pod_id,
        start_time=NOON,
        duration_minutes=15,
        power_kw=40.0,
    )
    await plant.apply(ordered)
    assert [plant.power_kw(NOON + place * QUARTER) for place in range(2)] == [40.0, 60.0]
    again = FollowingPlant(POD, memory)  # after a start it knows what was ordered
    assert again.power_kw(NOON) == 40.0
    plant.learn([])  # of another time
    assert plant.power_kw(NOON + QUARTER) == 20.0
