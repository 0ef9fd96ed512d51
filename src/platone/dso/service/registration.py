"""Registrations of points of delivery, and erasure of what is kept after their end."""

from dataclasses import dataclass

from platone.dso.records.profile import ProfileRecords
from platone.dso.service.ports import CustomerDatabase
from platone.messages.registry import PointOfDelivery

_DELETED = "delete"


@dataclass(frozen=True, slots=True)
class ReadRegistrations:
    """Reads the registered points of delivery.

    Args:
        customers: Says who is registered, and whose registration has ended.
        profiles: What is kept of consumers: personal data.
    """

    customers: CustomerDatabase
    profiles: ProfileRecords

    async def __call__(self) -> dict[str, PointOfDelivery]:
        """Return registrations by identifier; typical days of ended ones are erased.

        Raises:
            PartnerRefused, PartnerUnavailable: Customers does not say.
        """
        found = {pod.pod_id: pod for pod in await self.customers.pods()}
        ended = {pod_id for pod_id, pod in found.items() if pod.action_type == _DELETED}
        if ended:
            await self.profiles.forget(ended)
        return {pod_id: pod for pod_id, pod in found.items() if pod_id not in ended}
