"""The health of a device, told from what came from it and what was refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.access.domain.validation import Device, DeviceStatus
from platone.messages.metering import DeviceHealth

SILENT_AFTER = timedelta(hours=2)
"""Longest wait for a device's next message: two of the longest intervals that a reading has."""


@dataclass(frozen=True, slots=True)
class DeviceNews:
    """The last news of a device.

    Attributes:
        device: The device.
        last_message_at: When the newest of its messages that is stored came; none for never.
        refused: How many of its messages were refused, and are neither taken since nor closed.
        last_refused_at: When the newest of these came first.
        last_refusal: The slug of the problem that it has.
        certificate_ends_at: When its newest certificate ends; none where that was not kept.
    """

    device: Device
    last_message_at: datetime | None = None
    refused: int = 0
    last_refused_at: datetime | None = None
    last_refusal: str | None = None
    certificate_ends_at: datetime | None = None

    def health(self, now: datetime) -> DeviceHealth:
        """Return its health in a word.

        Args:
            now: The market's time, by which messages' arrivals are told.
        """
        if self.device.status is DeviceStatus.REVOKED:
            return DeviceHealth.REVOKED
        heard_at, refused_at = self.last_message_at, self.last_refused_at
        if refused_at is not None and (heard_at is None or refused_at > heard_at):
            return DeviceHealth.REFUSED
        if heard_at is None:
            return DeviceHealth.NEVER_HEARD
        return DeviceHealth.SILENT if now - heard_at > SILENT_AFTER else DeviceHealth.WELL
