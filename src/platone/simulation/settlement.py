"""Delivery and settlement of a day: what customers do, what is metered, and what is paid for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from platone.grid.array import Floats
from platone.kernel.market_time import QUARTER_HOUR_MINUTES, QUARTERS_AN_HOUR, MarketDay
from platone.market.domain.delivery import DeliveryLine, lines_of, quantify_all
from platone.market.domain.delivery_basis import with_baselines
from platone.market.domain.metering import meter
from platone.market.domain.statement import pay_all
from platone.messages.clearing import SettlementRules
from platone.messages.ledger import AgreementTerms, PaidLine, SettlementLine
from platone.messages.recording import MeteredDay
from platone.messages.registry import Measurement
from platone.simulation.course import DayCourse
from platone.simulation.offer import DayPortfolio
from platone.simulation.scenario import Scenario
from platone.simulation.session import HeldSession

_BACK = 8
"""Quarter-hours in which cars and heat pumps take what they did without: two hours, our choice."""
_WH_PER_QUARTER_KWH = 1000 / QUARTERS_AN_HOUR
"""Wh in a quarter-hour of one kW."""
_MICRO = 1_000_000
"""Millionths in a euro."""
_NO_DEVICE = "0x" + "0" * 40
"""Address of the simulated meter: none signs here."""
_NO_HASH = "0" * 64
"""Leaf of a reading that nobody certifies."""
_SOON = timedelta(minutes=QUARTER_HOUR_MINUTES + 1)
"""Time from the start of a quarter-hour to its reading."""


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """The metered energy of a day, after activations.

    Attributes:
        energy_wh: Metered energy, whole Wh, shape (quarter-hours, points of delivery).
    """

    energy_wh: Floats

    @classmethod
    def of(cls, power_kw: Floats) -> "Delivery":
        """Return the energy of powers as meters count it: in whole Wh."""
        return cls(np.rint(power_kw * _WH_PER_QUARTER_KWH))

    @property
    def power_kw(self) -> Floats:
        """The mean power of the metered energy, kW."""
        return np.asarray(self.energy_wh / _WH_PER_QUARTER_KWH)

    @classmethod
    def exactly(cls, power_kw: Floats) -> "Delivery":
        """Return powers that no meter rounds: an ideal operator needs none."""
        return cls(power_kw * _WH_PER_QUARTER_KWH)


def deliver(
    course: DayCourse, setpoints_kw: Floats, scenario: Scenario, rng: np.random.Generator
) -> Delivery:
    """Return the metered energy when customers follow their setpoints as far as they can.

    A setpoint is a total: the energy management system moves what can be moved until the meter
    shows it, so that it makes good an error of the baseline too.
    """
    shape = setpoints_kw.shape
    obeys = rng.uniform(size=shape) >= scenario.non_delivery
    share = obeys * (1 + scenario.delivery_error * rng.normal(size=shape))
    most_kw = np.maximum(course.raise_kw, course.reduce_kw)
    power_kw, back_kw = course.real_kw.copy(), np.zeros((len(share) + _BACK, shape[1]))
    for row, setpoint_kw in enumerate(setpoints_kw):
        power_kw[row] += back_kw[row]
        needed_kw = np.nan_to_num(setpoint_kw - power_kw[row])
        done_kw = np.clip(needed_kw, -course.reduce_kw[row], most_kw[row]) * share[row]
        power_kw[row] += done_kw
        later = slice(row + 1, row + 1 + _BACK)
        back_kw[later] += scenario.rebound * np.maximum(-done_kw, 0.0) / _BACK
    return Delivery.of(power_kw)


@dataclass(frozen=True, slots=True)
class SettledLine:
    """A trade in a quarter-hour with what was metered and paid.

    Attributes:
        line: The trade.
        quantity: Its exact quantities.
        paid: Its payment.
    """

    line: DeliveryLine
    quantity: SettlementLine
    paid: PaidLine


Metering = Callable[[Sequence[str], Mapping[str, set[int]]], Iterable[MeteredDay]]
"""Gives the metered days of some points of delivery, the day of these trades among them."""


def settle_day(
    sessions: Sequence[HeldSession],
    portfolio: DayPortfolio,
    delivery: Delivery,
    day: MarketDay,
    basis: tuple[SettlementRules, Metering] | None = None,
) -> list[SettledLine]:
    """Return the settled lines of a day, trades of a quarter-hour stacked as they were made.

    Args:
        sessions: The sessions.
        portfolio: What aggregators told.
        delivery: What was metered.
        day: The market day.
        basis: The rules of a public baseline, and the metered days that it is made of; none: what
            aggregators told counts.
    """
    columns = {item.pod.pod_id: row for row, item in enumerate(portfolio.items)}
    lines: list[DeliveryLine] = []
    for session in sessions:
        traded = session.changes_kw
        curves = {pod: portfolio.curve(columns[pod]) for pod, _ in traded}
        lines += lines_of(session.validated, curves, day.zone)
    lines = [line for line in lines if line.change_kw]
    metered = meter(_readings(lines, columns, delivery), lines)
    if basis is not None:
        rules, metering = basis
        indices: dict[str, set[int]] = {}
        for line in lines:
            indices.setdefault(line.pod, set()).add(line.index)
        declared = {pod: portfolio.curve(columns[pod]) for pod in indices}
        days = metering(sorted(indices), indices)
        metered = with_baselines(metered, lines, days, declared, rules, day.zone)
    quantities = quantify_all(lines, metered)
    terms = _terms(portfolio, columns)
    settled = [quantities[line.line_id] for line in lines]
    paid = pay_all(settled, [terms[line.pod] for line in lines], [0] * len(lines))
    return [SettledLine(*each) for each in zip(lines, settled, paid, strict=True)]


def _terms(portfolio: DayPortfolio, columns: Mapping[str, int]) -> dict[str, AgreementTerms]:
    return {
        pod: AgreementTerms(
            pod=pod,
            aggregator_id=item.pod.aggregator_id,
            customer_share_ppm=item.customer_share_ppm,
            penalty_price=round(item.penalty_eur_per_kwh * _MICRO),
            least_delivery_ppm=item.least_delivery_ppm,
            full_delivery_ppm=item.full_delivery_ppm,
        )
        for pod, row in columns.items()
        for item in (portfolio.items[row],)
    }


def _readings(
    lines: Sequence[DeliveryLine], columns: Mapping[str, int], delivery: Delivery
) -> list[Measurement]:
    spots: dict[tuple[str, int], datetime] = {line.spot: line.starts for line in lines}
    return [
        Measurement(
            pod_id=pod,
            start_time=starts,
            duration_minutes=QUARTER_HOUR_MINUTES,
            energy_wh=int(delivery.energy_wh[index, columns[pod]]),
            quality="simulated",
            device=_NO_DEVICE,
            sequence=index,
            certification_id=f"{pod}-{starts:%Y%m%dT%H%M}",
            certification_hash=_NO_HASH,
            received_at=starts + _SOON,
        )
        for (pod, index), starts in spots.items()
    ]
