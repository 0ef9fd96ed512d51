"""The conditions of taking part, with what the ledger says of agreements where they are asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from platone.market.domain.condition import Conditions
from platone.market.service.ports import Partners
from platone.messages.clearing import Participation


@dataclass(frozen=True, slots=True)
class ReadConditions:
    """Asks the ledger which points of delivery have an agreement, if the market's rule asks it.

    Args:
        partners: The ledger.
        needs: What a point of delivery has to have to be offered.
    """

    partners: Partners
    needs: Participation

    async def __call__(self, pod_ids: Collection[str], at: datetime) -> Conditions:
        """Return the conditions as they are at an instant.

        Raises:
            PartnerUnavailable, PartnerRefused: The ledger does not say.
        """
        if self.needs is not Participation.AGREED or not pod_ids:
            return Conditions(self.needs)
        return Conditions(self.needs, await self.partners.agreed(sorted(pod_ids), at))
