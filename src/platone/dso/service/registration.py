"""Who is registered; and what is kept of those who are no longer is erased."""

from dataclasses import dataclass

from platone.dso.service.ports import CustomerDatabase
from platone.dso.service.profile_port import ProfileRecords
from platone.messages.registry import PointOfDelivery

_DELETED = "delete"


@dataclass(frozen=True, slots=True)
class ReadRegistrations:
    """The points of delivery that take part.

    Args:
        customers: Says who is registered, and whose registration has ended.
        profiles: What is kept of consumers: personal data.
    """

    customers: CustomerDatabase
    profiles: ProfileRecords

    async def __call__(self) -> dict[str, PointOfDelivery]:
        """By identifier; typical days of those that have ended are erased.

        Raises:
            PartnerRefused, PartnerUnavailable: Customers does not say.
        """
        found = {pod.pod_id: pod for pod in await self.customers.pods()}
        ended = {pod_id for pod_id, pod in found.items() if pod.action_type == _DELETED}
        if ended:
            await self.profiles.forget(ended)
        return {pod_id: pod for pod_id, pod in found.items() if pod_id not in ended}
