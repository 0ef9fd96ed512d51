"""Payments to a household: where the energy of each came from, and what they were over time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from platone.dashboard.domain.payment_story import Reckoning, reckoning_of
from platone.kernel.figure import exact_amount, plain_amount, plain_decimal
from platone.kernel.market_time import QUARTER_HOUR, QUARTERS_AN_HOUR
from platone.messages.portfolio import EarningLine

_PAID = "settled"
_KWH_DIGITS = 2
"""Decimals of an energy, kWh."""
_LEAST_KWH = 0.005
"""Energy below which nothing is said of a rest, kWh: it would be shown as 0.00."""
_LONG_DAYS = 62
"""Span from which payments are shown by month, days: more bars than a telephone has room for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """The energy of a trade: what was asked, and what the meter says of it, kWh, without signs.

    Attributes:
        ordered: What was asked.
        delivered: What of it was delivered, which is what is paid.
        missing: What of it was not delivered.
        beyond: What went beyond what was asked.
        against: What was moved to the other side; it is missing as well.
    """

    ordered: float
    delivered: float
    missing: float
    beyond: float
    against: float

    @property
    def is_missing(self) -> bool:
        """Return whether something is missing that is worth a word."""
        return self.missing >= _LEAST_KWH

    @property
    def is_beyond(self) -> bool:
        """Return whether something went beyond that is worth a word."""
        return self.beyond >= _LEAST_KWH


@dataclass(frozen=True, slots=True)
class Payment:
    """A settled trade, or one that waits to be.

    Attributes:
        line: What REST tells of it.
        energy: Its energy; none where it is not measured, or is of reactive power.
    """

    line: EarningLine
    energy: Energy | None

    @property
    def reckoning(self) -> Reckoning | None:
        """Return how it came, sum by sum; none where its exact numbers are not told."""
        return reckoning_of(self.line)

    @property
    def start(self) -> datetime:
        """Return the start of its quarter-hour."""
        return self.line.start_time

    @property
    def end(self) -> datetime:
        """Return the end of its quarter-hour."""
        return self.line.start_time + QUARTER_HOUR

    @property
    def is_settled(self) -> bool:
        """Return whether it is paid."""
        return self.line.status == _PAID

    def tokens_told(self, language: str, *, exactly: bool = False) -> str:
        """Return its tokens as a reader writes them: to the cent, or exactly."""
        return _told(self.line.customer_tokens, language, exactly=exactly)

    def paid_told(self, language: str, *, exactly: bool = False) -> str:
        """Return the payment for it, likewise."""
        return _told(self.line.paid_eur, language, exactly=exactly)

    def energy_told(self, language: str) -> dict[str, str]:
        """Return its energies by name as a reader writes them, kWh."""
        if self.energy is None:
            return {}
        names = ("ordered", "delivered", "missing", "beyond")
        return {
            name: plain_decimal(getattr(self.energy, name), _KWH_DIGITS, language) for name in names
        }


def _told(amount: str, language: str, *, exactly: bool) -> str:
    return exact_amount(amount, language) if exactly else plain_amount(amount, language)


def energy_of(line: EarningLine) -> Energy | None:
    """Return the energy of a trade: what was ordered is the delivered and the missing together."""
    if line.change_p is None or line.reference_p is None or line.measured_p is None:
        return None
    side = -1.0 if line.change_p < 0 else 1.0
    ordered = abs(line.change_p) / QUARTERS_AN_HOUR
    moved = side * (line.measured_p - line.reference_p) / QUARTERS_AN_HOUR
    delivered = min(max(moved, 0.0), ordered)
    return Energy(
        ordered=ordered,
        delivered=delivered,
        missing=ordered - delivered,
        beyond=max(moved - ordered, 0.0),
        against=max(-moved, 0.0),
    )


def payments_of(lines: Iterable[EarningLine]) -> list[Payment]:
    """Return payments with their energy, the latest first."""
    found = [Payment(line, energy_of(line)) for line in lines]
    return sorted(found, key=lambda each: each.start, reverse=True)


@dataclass(frozen=True, slots=True)
class Paid:
    """The tokens of a day or of a month.

    Attributes:
        on: The day, or the first of the month.
        tokens: What was paid.
    """

    on: date
    tokens: Decimal


def tokens_over_time(payments: Iterable[Payment], zone: str) -> tuple[list[Paid], bool]:
    """Return the tokens by day, the earliest first, or by month; and whether it is by month."""
    site, by_day = ZoneInfo(zone), dict[date, Decimal]()
    for each in payments:
        on = each.start.astimezone(site).date()
        by_day[on] = by_day.get(on, Decimal(0)) + Decimal(each.line.customer_tokens)
    if not by_day or (max(by_day) - min(by_day)).days < _LONG_DAYS:
        return [Paid(on, by_day[on]) for on in sorted(by_day)], False
    by_month = dict[date, Decimal]()
    for on, tokens in by_day.items():
        first = on.replace(day=1)
        by_month[first] = by_month.get(first, Decimal(0)) + tokens
    return [Paid(on, by_month[on]) for on in sorted(by_month)], True
