"""The fate of requests and offers: what was bought and sold, cut by the grid, and paid."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from platone.dashboard.domain.trade import PaidRow, TradeRow
from platone.kernel.market_time import QUARTERS_AN_HOUR
from platone.messages.market import RecordedService
from platone.messages.outcome import AcceptedPower, PodOutcome, ValidatedPod


@dataclass(frozen=True, slots=True)
class Bought:
    """The purchases for a request.

    Attributes:
        quarter_hours: In how many quarter-hours something was bought.
        kwh: The change of active energy, kWh.
    """

    quarter_hours: int
    kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """The fate of offers, quarter-hour by quarter-hour of each.

    Attributes:
        taken: How many were taken whole.
        in_part: How many in part, because no more was needed.
        cut: How many the grid could not take whole.
        refused: How many were not taken.
        kwh: The energy that was sold, in both directions together, kWh.
    """

    taken: int
    in_part: int
    cut: int
    refused: int
    kwh: float


@dataclass(frozen=True, slots=True)
class Sum:
    """The sums of a settlement.

    Attributes:
        paid_eur: Paid for what was delivered, EUR.
        penalty_eur: Penalties for what was not, EUR.
        tokens: The customers' part of both, in tokens.
    """

    paid_eur: Decimal
    penalty_eur: Decimal
    tokens: Decimal

    @property
    def net_eur(self) -> Decimal:
        """Return the payments less the penalties, EUR."""
        return self.paid_eur - self.penalty_eur

    @property
    def rest_eur(self) -> Decimal:
        """Return the aggregators' part of it, EUR."""
        return self.net_eur - self.tokens


def times_of(service: RecordedService) -> int:
    """Return how many quarter-hours a request or offer names, each counted once."""
    return len({point.index for entry in service.flexibility for point in entry.power})


def bought_of(request: RecordedService, pods: Iterable[PodOutcome | ValidatedPod]) -> Bought:
    """Return the purchases of a request in an outcome: other requests' trades are not its own."""
    own = [power for pod in pods for power in pod.power if _is_for(power, request)]
    kwh = sum((each.accepted_p_change or 0.0) / QUARTERS_AN_HOUR for each in own)
    return Bought(len({each.index for each in own}), kwh)


def _is_for(power: AcceptedPower, request: RecordedService) -> bool:
    if power.accepted_p_value is None and power.accepted_q_value is None:
        return False
    return power.player_request_id == request.player_id and power.request_service_id in {
        None,
        request.player_service_id,
    }


def sale_of(rows: Iterable[TradeRow]) -> Sale:
    """Return the fate of offers."""
    every = list(rows)
    taken = [row for row in every if row.is_taken]
    cut = sum(bool(row.cuts) for row in taken)
    in_part = sum(bool(row.reason) and not row.cuts for row in taken)
    kwh = sum(abs(row.power.accepted_p_change or 0.0) / QUARTERS_AN_HOUR for row in taken)
    return Sale(
        taken=len(taken) - cut - in_part,
        in_part=in_part,
        cut=cut,
        refused=len(every) - len(taken),
        kwh=kwh,
    )


def sum_of(rows: Iterable[PaidRow]) -> Sum:
    """Return the sums of settled trades."""
    every = list(rows)
    return Sum(
        _sum(row.paid_eur for row in every),
        _sum(row.penalty_eur for row in every),
        _sum(row.line.customer_tokens or 0 for row in every),
    )


def _sum(amounts: Iterable[float | str]) -> Decimal:
    """Return a sum of amounts as they are written, each with its own digits."""
    return sum((Decimal(str(each)) for each in amounts), Decimal(0))
