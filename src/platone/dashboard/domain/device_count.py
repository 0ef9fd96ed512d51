"""How many devices are well, and what is to be done about the others."""

from collections.abc import Iterable
from dataclasses import dataclass

from platone.messages.metering import DeviceHealth, EnrolledDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCount:
    """The number of devices in each state.

    Attributes:
        enrolled: How many may send, revoked ones left out.
        well: How many are well.
        gaps: How many are silent or were never heard: their readings are missing.
        refused: Messages that were refused, and neither taken since nor closed.
        uncertified: How many have a key that is not on the chain yet: nobody can prove theirs.
    """

    enrolled: int
    well: int
    gaps: int
    refused: int
    uncertified: int


def device_count(devices: Iterable[EnrolledDevice]) -> DeviceCount:
    """Return how many devices are well, silent, refused and not on the chain."""
    listed = list(devices)
    active = [each for each in listed if each.health is not DeviceHealth.REVOKED]
    missing = (DeviceHealth.SILENT, DeviceHealth.NEVER_HEARD)
    return DeviceCount(
        enrolled=len(active),
        well=sum(each.health is DeviceHealth.WELL for each in active),
        gaps=sum(each.health in missing for each in active),
        refused=sum(each.refused_messages for each in listed),
        uncertified=sum(each.public_key_transaction is None for each in active),
    )
