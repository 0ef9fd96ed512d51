"""The rows of a session's page: what was asked, offered, decided, checked and settled."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.dashboard.domain.reason import cuts_in_words, reason_in_words
from platone.kernel.market_time import MarketDay
from platone.messages.market import PowerKind, PowerPoint, RecordedService
from platone.messages.outcome import (
    AcceptedPower,
    PodOutcome,
    TechnicalPod,
    TechnicalPower,
    ValidatedPod,
)
from platone.messages.settlement import FlexibilitySettlement, MeasuredPower

MOST_ROWS = 500
"""Rows of a section that a page shows: more is for the file, which has all of them."""

_ERASED_POD = "erased"
"""The point of delivery under which settlements have the sums of those who were erased."""


@dataclass(frozen=True, slots=True)
class PointRow:
    """One quarter-hour of a request or offer.

    Attributes:
        at: Its start.
        total: The total in kW; of reactive power in kvar.
        price: Its price, EUR/kWh or EUR/kvarh.
    """

    at: datetime
    total: float
    price: float


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A request or offer: who, what, and its quarter-hours."""

    service: RecordedService
    target: str
    points: tuple[PointRow, ...]

    is_reactive: bool = False

    @property
    def prices(self) -> tuple[float, float]:
        """Return its least and its highest price, EUR/kWh."""
        prices = [point.price for point in self.points]
        return min(prices), max(prices)


@dataclass(frozen=True, slots=True)
class TradeRow:
    """One quarter-hour of an offer as it was decided on."""

    pod: str
    at: datetime
    power: AcceptedPower
    reason: str
    cuts: str = ""

    @property
    def is_taken(self) -> bool:
        """Return whether any of it was taken."""
        power = self.power
        return (power.accepted_q_value if self.is_reactive else power.accepted_p_value) is not None

    @property
    def is_reactive(self) -> bool:
        """Return whether it is of reactive power, whose trades stand alone."""
        power = self.power
        is_refused = power.accepted_p_value is None and power.rejection_type_p is None
        return power.accepted_q_change is not None or (
            is_refused and power.rejection_type_q is not None
        )


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One quarter-hour of the grid's answer: what it can take, and what stands against more."""

    pod: str
    at: datetime
    power: TechnicalPower
    cuts: str

    @property
    def value_kw(self) -> float:
        """Return the total active power that the grid can take, kW."""
        return self.power.accepted_p_value

    @property
    def verdict(self) -> str:
        """Return whether it takes all of the trade, cuts it, or takes nothing of it."""
        if self.power.accepted_p == "NOK":
            return "nothing"
        return "cut" if self.cuts else "all"


@dataclass(frozen=True, slots=True)
class PaidRow:
    """One settled trade, of active or of reactive power."""

    pod: str
    at: datetime
    line: MeasuredPower

    @property
    def is_reactive(self) -> bool:
        """Return whether it is of reactive power: what it says of active power is then 0."""
        return self.line.change_q is not None

    @property
    def is_of_erased(self) -> bool:
        """Return whether it is the sum of lines whose points of delivery were erased."""
        return self.pod == _ERASED_POD and self.line.line_id is None

    @property
    def paid_eur(self) -> float:
        """Return the payment for the delivered energy, EUR."""
        return self.line.paid_q if self.is_reactive else self.line.paid_p

    @property
    def penalty_eur(self) -> float:
        """Return the penalty for what was not delivered, EUR."""
        return self.line.penalty_q if self.is_reactive else self.line.penalty_p

    def active(self, value: float | None) -> float | None:
        """Return a number of active power; none where the trade is of reactive power."""
        return None if self.is_reactive else value


def service_rows(services: Iterable[RecordedService], day: MarketDay) -> list[ServiceRow]:
    """Return the rows of requests and offers, by time of submission."""
    return [
        ServiceRow(
            service,
            entry.pom or ", ".join(entry.pod or ()),
            tuple(_point(point, day, entry.power_kind) for point in entry.power),
            entry.power_kind is PowerKind.REACTIVE,
        )
        for service in services
        for entry in service.flexibility
    ]


def _point(point: PowerPoint, day: MarketDay, kind: PowerKind | None) -> PointRow:
    at = day.instant(point.index)
    if kind is PowerKind.REACTIVE:
        return PointRow(at, point.q or 0.0, point.q_price or 0.0)
    return PointRow(at, point.p, point.p_price)


def trade_rows(flexibility: Sequence[PodOutcome | ValidatedPod], day: MarketDay) -> list[TradeRow]:
    """Return the rows of an outcome: by time, what was taken before what was not."""
    rows = [
        TradeRow(
            part.pod,
            day.instant(power.index),
            power,
            reason_in_words(power.rejection_type_p or _refused_q(power)),
            cuts_in_words(getattr(power, "cuts", ())),
        )
        for part in flexibility
        for power in part.power
    ]
    return sorted(rows, key=lambda row: (row.at, not row.is_taken, row.pod))


def _refused_q(power: AcceptedPower) -> str | None:
    """Return why reactive power was not taken, where that is all that the line is about."""
    return power.rejection_type_q if power.accepted_p_value is None else None


def check_rows(flexibility: Sequence[TechnicalPod], day: MarketDay) -> list[CheckRow]:
    """Return the rows of the grid's answer, by time; what was cut before what was not."""
    rows = [
        CheckRow(
            part.pod,
            day.instant(power.index),
            power,
            cuts_in_words(power.cuts),
        )
        for part in flexibility
        for power in part.power
    ]
    return sorted(rows, key=lambda row: (row.at, not row.cuts, row.pod))


def paid_rows(flexibility: Sequence[FlexibilitySettlement], day: MarketDay) -> list[PaidRow]:
    """Return the rows of a settlement, by time."""
    rows = [
        PaidRow(part.pod, day.instant(int(line.index)), line)
        for part in flexibility
        for line in part.power
    ]
    return sorted(rows, key=lambda row: (row.at, row.pod))
