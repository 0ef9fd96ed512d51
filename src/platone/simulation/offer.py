"""The aggregators' side of a day: baselines, offers by the customers' preferences, setpoints."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from platone.aggregator.domain.activation import parties_of, setpoints_of
from platone.aggregator.domain.offer import build_offer
from platone.grid.array import Floats
from platone.kernel.session_window import SessionWindow
from platone.messages.market import FlexibilityService, SessionReference
from platone.messages.outcome import ValidatedOutcome
from platone.messages.registry import (
    FlexibilityPreference,
    MaxFlexibility,
    PointOfDelivery,
    PortfolioPod,
)
from platone.simulation.course import DayCourse
from platone.simulation.portfolio import SimulatedPod
from platone.simulation.scenario import Scenario
from platone.simulation.site import SimulationSite

_WATT = 3
"""Decimals of powers in kW that are told: a watt."""
_PPM = 1_000_000
"""Parts per million in one."""


@dataclass(frozen=True, slots=True, eq=False)
class DayPortfolio:
    """Registrations, baselines and offers of a day, as aggregators tell them.

    Attributes:
        items: Registrations with preferences, in the order of points of delivery.
        baseline_kw: Told baselines, kW, shape (quarter-hours, points of delivery).
        change_kw: Offered changes; negative: consume less; 0: nothing is offered.
        price: EUR/kWh.
    """

    items: tuple[PortfolioPod, ...]
    baseline_kw: Floats
    change_kw: Floats
    price: Floats

    def curve(self, row: int) -> list[float]:
        """Return the baseline of a point of delivery."""
        return list(map(float, self.baseline_kw[:, row]))


def offer_day(
    site: SimulationSite, scenario: Scenario, course: DayCourse, least_kw: float
) -> DayPortfolio:
    """Return baselines and offers of a day: each quarter-hour in the direction that can be more.

    Args:
        site: The points of delivery.
        scenario: Agreements.
        course: The day.
        least_kw: Least volume that the market takes.
    """
    sells = np.array([pod.sells for pod in site.pods])
    is_raise = course.raise_kw > course.reduce_kw
    volume = np.round(np.where(is_raise, course.raise_kw, course.reduce_kw), _WATT)
    volume = np.where(sells & (volume >= least_kw), volume, 0.0)
    change = np.where(is_raise, volume, -volume)
    price = np.where(is_raise, course.raise_price, course.reduce_price)
    # who inflates tells more where less is offered, and less where more is
    inflation = np.array([pod.inflation for pod in site.pods])
    baseline = np.round(course.expected_kw - inflation * change, _WATT)
    most = np.abs(course.expected_kw).max(axis=0) + np.abs(change).max(axis=0)
    up_kw, down_kw = np.maximum(change, 0).max(axis=0), np.maximum(-change, 0).max(axis=0)
    items = tuple(
        _item(pod, scenario, site.poms.get(pod.pod_id), rows, bounds)
        for pod, rows, bounds in zip(
            site.pods,
            _preferences(change, price),
            zip(most.tolist(), up_kw.tolist(), down_kw.tolist(), strict=True),
            strict=True,
        )
    )
    return DayPortfolio(items, baseline, change, price)


def _preferences(change: Floats, price: Floats) -> Iterable[tuple[FlexibilityPreference, ...]]:
    """Yield the preferences of each point of delivery."""
    for changes, prices in zip(change.T.tolist(), price.T.tolist(), strict=True):
        yield tuple(
            FlexibilityPreference(index=index, change_kw=kw, price_eur_per_kwh=prices[index])
            for index, kw in enumerate(changes)
            if kw
        )


def _item(
    pod: SimulatedPod,
    scenario: Scenario,
    pom: str | None,
    preferences: tuple[FlexibilityPreference, ...],
    bounds: tuple[float, float, float],
) -> PortfolioPod:
    most_kw, up_kw, down_kw = bounds
    contract_kw = (
        most_kw * 2 + 1.0
    )  # room for forecasts that are off: contracts are no subject here
    return PortfolioPod(
        pod=PointOfDelivery(
            pod_id=pod.pod_id,
            aggregator_id=pod.aggregator_id,
            po_m_id=pom,
            pn_p=contract_kw,
            inp=contract_kw,
            cos_phi=pod.cos_phi,
            max_flexibility=MaxFlexibility(upper_p=up_kw, down_p=down_kw),
        ),
        customer_share_ppm=round(scenario.customer_share * _PPM),
        penalty_eur_per_kwh=scenario.penalty_price,
        least_delivery_ppm=round(scenario.least_delivery * _PPM),
        full_delivery_ppm=round(scenario.full_delivery * _PPM),
        preferences=preferences,
    )


def build_offers(
    portfolio: DayPortfolio, session: SessionReference, window: SessionWindow
) -> list[FlexibilityService]:
    """Return the offers of all points of delivery that have anything to offer in a session."""
    return [
        build_offer(item, portfolio.curve(row), session, window)
        for row, item in enumerate(portfolio.items)
        if item.preferences
    ]


def dispatch(
    outcomes: Sequence[ValidatedOutcome], zone: str, columns: dict[str, int], count: int
) -> Floats:
    """Return the setpoints that aggregators send, kW, shape (quarter-hours, points of delivery).

    NaN where there is none; a later session's counts over an earlier one's.

    Args:
        outcomes: Validated outcomes in the order of their gates.
        zone: The market's zone.
        columns: The place of each point of delivery.
        count: Quarter-hours of the day.
    """
    found = np.full((count, len(columns)), np.nan)
    for outcome in outcomes:
        for party in sorted(parties_of(outcome)):
            for each in setpoints_of(outcome, party, zone):
                index = int(each.setpoint_id.rpartition("-")[2])
                found[index, columns[each.pod_id]] = each.power_kw
    return found
