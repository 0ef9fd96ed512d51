"""Devices are counted by what is to be done about them."""

from platone.dashboard.domain.device_count import DeviceCount, device_count
from platone.messages.metering import DeviceHealth, EnrolledDevice


def device(health: DeviceHealth, refused: int = 0, *, on_chain: bool = True) -> EnrolledDevice:
    return EnrolledDevice(
        device="0x" + "ab" * 20,
        pod_id="IT001E00000001",
        status="revoked" if health is DeviceHealth.REVOKED else "active",
        health=health,
        refused_messages=refused,
        public_key_transaction="0x" + "01" * 32 if on_chain else None,
    )


def test_devices_are_counted_once_and_revoked_ones_only_by_what_was_refused() -> None:
    devices = [
        device(DeviceHealth.WELL),
        device(DeviceHealth.WELL, 1, on_chain=False),
        device(DeviceHealth.SILENT),
        device(DeviceHealth.NEVER_HEARD, on_chain=False),
        device(DeviceHealth.REFUSED, 2),
        device(DeviceHealth.REVOKED, 4, on_chain=False),
    ]
    assert device_count(devices) == DeviceCount(
        enrolled=5, well=2, gaps=2, refused=7, uncertified=2
    )
    none = device_count([])
    assert (none.enrolled, none.refused, none.uncertified) == (0, 0, 0)
