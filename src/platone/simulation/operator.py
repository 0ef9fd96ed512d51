"""The system operators' side of a day: the DSO's request and judgement, and the TSO's requests."""

from collections.abc import Sequence

import numpy as np

from platone.dso.domain.day_input import DayInput
from platone.dso.domain.forecast import Forecast, KnownDay, traded_totals
from platone.grid.array import Flags, Floats
from platone.grid.flow.state import ConsumerPower, Flow
from platone.grid.profile.day_curve import Expectation
from platone.grid.run.grid_work import GridWork
from platone.kernel.market_time import MarketDay
from platone.kernel.power_factor import tan_phi
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    PowerPoint,
    ServiceType,
    SessionReference,
)
from platone.messages.outcome import TechnicalOutcome
from platone.simulation.offer import DayPortfolio
from platone.simulation.scenario import Scenario
from platone.simulation.site import SimulationSite

DSO, TSO = "DSO", "TSO"
_COUNTS = 1e-3
"""Relative excess from which a limit counts as broken: below it lie a meter's whole Wh, 4 W."""
WORK = GridWork()
"""The grid's calculations, in this process."""


def expected_day(
    site: SimulationSite,
    day: MarketDay,
    portfolio: DayPortfolio,
    load_kw: Floats,
    trades: Sequence[TechnicalOutcome] = (),
) -> Forecast:
    """Return the day as the DSO expects it, by the rule of its platform.

    Args:
        site: The network.
        day: The market day.
        portfolio: What aggregators told: registrations and baselines.
        load_kw: What it expects of loads.
        trades: What was traded before.
    """
    known = KnownDay(
        registered={item.pod.pod_id: item.pod for item in portfolio.items},
        baseline_kw={
            item.pod.pod_id: portfolio.baseline_kw[:, row]
            for row, item in enumerate(portfolio.items)
        },
        traded_kw=traded_totals(day, trades),
        has_trades=bool(trades),
    )
    loads = site.network.loads
    typical = {
        load.id: Expectation(kw, np.ones(len(kw)), kw * _kvar_per_kw(load.p_kw, load.q_kvar))
        for load, kw in zip(loads, load_kw.T, strict=True)
    }
    given = DayInput(day=day, known=known, typical=typical, loads=(), suppose={})
    return given.on(site.planned)


def consumer_power(site: SimulationSite, load_kw: Floats, pod_kw: Floats) -> ConsumerPower:
    """Return the power of all consumers from that of loads and points of delivery."""
    ratio = [_kvar_per_kw(load.p_kw, load.q_kvar) for load in site.network.loads]
    tan = [tan_phi(pod.cos_phi) for pod in site.pods]
    p_kw = np.concatenate([load_kw, pod_kw], axis=1)
    return ConsumerPower(p_kw, p_kw * np.array(ratio + tan))


def broken_elements(site: SimulationSite, flow: Flow) -> tuple[Flags, Floats]:
    """Return which elements break a limit, and by how much, both (quarter-hours, elements).

    Elements are the branches, then the buses; excess is relative to the limit, or to half the
    voltage band.
    """
    limits = site.limits
    excess = limits.excess(flow)
    ends = np.maximum(
        excess[:, : limits.branches], excess[:, limits.branches : 2 * limits.branches]
    )
    upper, lower = np.split(excess[:, 2 * limits.branches :], 2, axis=1)
    worst = np.concatenate([ends, np.maximum(upper, lower)], axis=1)
    return worst > _COUNTS, worst


def tso_requests(
    site: SimulationSite,
    scenario: Scenario,
    portfolio: DayPortfolio,
    session: SessionReference,
    hours: int,
    rng: np.random.Generator,
) -> list[FlexibilityService]:
    """Return the TSO's requests of a day ahead: at random quarter-hours, up or down, by PoM."""
    members: dict[str, list[int]] = {}
    for row, pod in enumerate(site.pods):
        if pod.pod_id in site.poms:
            members.setdefault(site.poms[pod.pod_id], []).append(row)
    count, peak = len(portfolio.baseline_kw), np.array([pod.peak_kw for pod in site.pods])
    asks = rng.uniform(size=count) < scenario.tso_requests_a_day / count
    size = rng.uniform(0.2, 1.0, count) * rng.choice([-1.0, 1.0], count) * scenario.tso_size
    entries = [
        Flexibility(
            pom=pom,
            power=[
                PowerPoint(
                    index=int(index),
                    p=float(
                        portfolio.baseline_kw[index, rows].sum() + size[index] * peak[rows].sum()
                    ),
                    p_price=scenario.tso_price,
                )
                for index in np.flatnonzero(asks)
            ],
        )
        for pom, rows in sorted(members.items())
    ]
    if not asks.any() or not entries or not scenario.tso_size:
        return []
    return [
        FlexibilityService(
            player_id=TSO,
            service_type=ServiceType.TSO_REQUEST,
            player_service_id=f"{TSO}:::{session.start_time:%Y-%m-%d}",
            flexibility=entries,
            market_type=session.market_type,
            start_time=session.start_time,
            duration=hours,
        )
    ]


def _kvar_per_kw(p_kw: float, q_kvar: float) -> float:
    return q_kvar / p_kw if p_kw else 0.0
