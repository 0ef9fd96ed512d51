"""Erasure of points of delivery at the access layer: devices are revoked, then all is erased."""

from dataclasses import dataclass

from platone.access.domain.problem import DeviceUnknown
from platone.access.records.erasure import ErasureRecords
from platone.access.service.enrol import Enrolment
from platone.messages.erasure import ErasureOrder, ErasurePart


@dataclass(frozen=True, slots=True)
class ErasePods:
    """Erases points of delivery.

    Args:
        records: What is kept of them.
        enrolment: Revokes their devices, so that nothing new comes.
    """

    records: ErasureRecords
    enrolment: Enrolment

    async def __call__(self, order: ErasureOrder) -> ErasurePart:
        """Revoke the devices of points of delivery, and erase all that is kept of both."""
        for device in await self.records.devices_of(order.pod_ids):
            try:
                await self.enrolment.revoke(device, None)
            except DeviceUnknown:  # erased already, by a call that broke off
                continue
        await self.records.erase(order.pod_ids)
        return ErasurePart(context="access", state="done")
