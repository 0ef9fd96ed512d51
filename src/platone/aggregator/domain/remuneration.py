"""Remuneration: the newest settlement of each outcome, added up exactly by PoD."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from platone.kernel.market_time import MarketDay
from platone.messages.settlement import MeasuredPower, Settlement


@dataclass(frozen=True, slots=True)
class Earning:
    """A settled trade of a PoD; amounts in EUR, exact.

    Attributes:
        settlement_id: The settlement that it stands in.
        power: The trade as it was settled.
        start_time: Start of its quarter-hour.
    """

    settlement_id: str
    power: MeasuredPower
    start_time: datetime

    @property
    def paid_eur(self) -> Decimal:
        """Return the payment for delivered energy, EUR."""
        return _exact(self.power.paid_p) + _exact(self.power.paid_q)

    @property
    def penalty_eur(self) -> Decimal:
        """Return the penalty for energy not delivered, EUR."""
        return _exact(self.power.penalty_p) + _exact(self.power.penalty_q)


@dataclass(frozen=True, slots=True)
class Remuneration:
    """The earnings of a PoD.

    Attributes:
        pod_id: The PoD.
        earnings: Its settled trades.
    """

    pod_id: str
    earnings: tuple[Earning, ...]

    @property
    def net_eur(self) -> Decimal:
        """Return all payments less penalties, EUR."""
        return sum((each.paid_eur - each.penalty_eur for each in self.earnings), Decimal(0))

    @property
    def customer_tokens(self) -> Decimal:
        """Return the tokens that went to the PoD's wallet."""
        return sum((Decimal(each.power.customer_tokens or 0) for each in self.earnings), Decimal(0))


def _exact(amount_eur: float) -> Decimal:
    return Decimal(repr(amount_eur))


def remunerate(settlements: Iterable[Settlement], party: str, zone: str) -> list[Remuneration]:
    """Return the remuneration of each PoD of an aggregator, by PoD.

    Args:
        settlements: In the order in which they came; a later one of the same outcome
            replaces the earlier (late readings re-run a settlement).
        party: The aggregator.
        zone: IANA name of the market's zone.
    """
    newest = {each.market_outcome_id: each for each in settlements}
    found: dict[str, list[Earning]] = {}
    for settlement in newest.values():
        day = MarketDay.holding(settlement.start_time, zone)
        for part in settlement.flexibility:
            for power in part.power:
                if power.offer_player_id == party:
                    at = day.instant(int(power.index))
                    earning = Earning(settlement.settlement_id, power, at)
                    found.setdefault(part.pod, []).append(earning)
    return [Remuneration(pod, tuple(found[pod])) for pod in sorted(found)]
