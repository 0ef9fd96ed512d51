"""The offers of a session, and what all of them would earn."""

from dataclasses import dataclass

from platone.dashboard.domain.offer_worth import OfferedQuarter, OfferedSpan, spans_of, to_micro
from platone.dashboard.domain.reason import tone_of
from platone.dashboard.domain.table_file import Columns
from platone.messages.market import MarketSession
from platone.messages.plan import ForecastError


@dataclass(frozen=True, slots=True)
class SessionOffers:
    """The offers of a session, and what all of them would earn.

    Attributes:
        session: The session.
        quarters: The offered quarter-hours of active power.
        shares: The customers' parts by point of delivery, parts of one.
        errors: The errors of the day's forecast baselines, by point of delivery.
        has_reactive: Whether reactive power is offered, too.
    """

    session: MarketSession
    quarters: list[OfferedQuarter]
    shares: dict[str, float]
    errors: dict[str, ForecastError]
    has_reactive: bool

    @property
    def spans(self) -> list[OfferedSpan]:
        """Return the quarter-hours as spans of one price."""
        return spans_of(self.quarters)

    @property
    def tone(self) -> str:
        """Return the meaning of the session's state as a colour."""
        return tone_of(self.session.status)

    @property
    def counted_kwh(self) -> float:
        """Return the energy that counts, kWh."""
        return sum(each.counted_kwh for each in self.quarters)

    @property
    def worth_eur(self) -> float:
        """Return the worth of all the energy that counts, EUR."""
        return to_micro(sum(each.worth_eur for each in self.quarters))

    @property
    def customers_eur(self) -> float:
        """Return the customers' part of that, EUR."""
        shares = (each.worth_eur * self.shares.get(each.pod, 0.0) for each in self.quarters)
        return to_micro(sum(shares))

    @property
    def is_known(self) -> bool:
        """Return whether the baseline of everything that is offered is known."""
        return all(each.change_kw is not None for each in self.quarters)


Offered = tuple[SessionOffers, OfferedQuarter]
"""An offered quarter-hour with its session."""


def _mean_error(row: Offered) -> float | None:
    error = row[0].errors.get(row[1].pod)
    return None if error is None else error.mean_kw


OFFERED: Columns[Offered] = {
    "session": lambda row: row[0].session.id,
    "session_kind": lambda row: row[0].session.market_type,
    "session_state": lambda row: row[0].session.status,
    "start_time": lambda row: row[1].at,
    "point_of_delivery": lambda row: row[1].pod,
    "offer": lambda row: row[1].offer,
    "baseline_kw": lambda row: row[1].baseline_kw,
    "baseline_mean_error_kw": _mean_error,
    "offered_total_kw": lambda row: row[1].total_kw,
    "change_kw": lambda row: row[1].change_kw,
    "least_price_eur_per_kwh": lambda row: row[1].price_eur_per_kwh,
    "counted_kwh": lambda row: row[1].counted_kwh,
    "would_earn_eur": lambda row: row[1].worth_eur,
    "customer_share": lambda row: row[0].shares.get(row[1].pod),
}
"""The offers of a day, a line for each quarter-hour."""
