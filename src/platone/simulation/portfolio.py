"""The points of delivery of a simulation: made up from a network's loads, or given in a file."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

import msgspec
import numpy as np

from platone.grid.array import Floats
from platone.grid.network.model import Network
from platone.messages.base import Identifier, Message, PodId
from platone.messages.registry import MAX_SERIES
from platone.simulation.problem import NetworkWithoutLoad
from platone.simulation.scenario import Scenario, Technology

_Kw = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
_DAYS_A_YEAR = 365.0
"""Days of growth in a year."""
_LONGEST_YEARS = 50.0
"""Years within which an asset that comes later is told: longer than any simulation."""
_WATT = 3
"""Decimals of powers in kW: a watt."""
_MILLI = 3
"""Decimals of prices in EUR/kWh: those of people's offers."""
_BUSINESS_SHARE = 0.25
"""Part of points of delivery that are businesses, by number: a round guess, our choice."""


class Asset(Message):
    """A plant or device of a customer that can be moved.

    Attributes:
        power_kw: Rated power.
        price: Least price of its flexibility, EUR/kWh.
        since: First day on which it is there; none: from the beginning.
    """

    power_kw: _Kw
    price: Annotated[float, msgspec.Meta(ge=0, le=10)]
    since: date | None = None


class SimulatedPod(Message):
    """A point of delivery of a simulation.

    Attributes:
        pod_id: Its identifier.
        bus: Where it is connected.
        aggregator_id: Who offers it.
        peak_kw: Peak of its consumption without the assets below.
        profile: The profile of the network that its consumption follows; none: that of its kind.
        business: Whether it works by day and on weekdays, not as a household.
        cos_phi: Power factor.
        solar: Its photovoltaic plant.
        heat_pump: Its heat pump.
        car: Its charging points.
        sells: Whether it sells flexibility.
        inflation: By how much its baseline is told too high, by the offered change.
        markup: By how much more than its least price it asks for, by that price.
    """

    pod_id: PodId
    bus: str
    aggregator_id: Identifier
    peak_kw: _Kw
    profile: str | None = None
    business: bool = False
    cos_phi: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    solar: Asset | None = None
    heat_pump: Asset | None = None
    car: Asset | None = None
    sells: bool = True
    inflation: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    markup: Annotated[float, msgspec.Meta(ge=0, le=10)] = 0.0


class SimulatedPortfolio(Message):
    """All points of delivery of a simulation."""

    pods: Annotated[tuple[SimulatedPod, ...], msgspec.Meta(min_length=1, max_length=MAX_SERIES)]


def make_portfolio(
    network: Network, scenario: Scenario, start: date, pods: int, aggregators: int, seed: int
) -> SimulatedPortfolio:
    """Return points of delivery that share the network's loads, in proportion to their power.

    Args:
        network: The network; its loads are scaled already.
        scenario: How technologies spread.
        start: The first day.
        pods: How many.
        aggregators: Among how many aggregators they are shared out, evenly.
        seed: The same seed gives the same portfolio.

    Raises:
        NetworkWithoutLoad: Nothing withdraws power.
    """
    loads = [each for each in network.loads if each.closed and each.p_kw > 0]
    if not loads:
        raise NetworkWithoutLoad(f"No load of {network.id} withdraws power.", network=network.id)
    power_kw = np.array([each.p_kw for each in loads])
    counts = _shared_out(power_kw, pods)
    rng = np.random.default_rng([seed, 1])
    found: list[SimulatedPod] = []
    for load, count in zip(loads, counts, strict=True):
        parts = rng.uniform(0.5, 1.5, count)
        for part in parts / parts.sum() * load.p_kw * scenario.pod_share:
            number = len(found)
            tan = max(load.q_kvar / load.p_kw, 0.0)
            found.append(
                SimulatedPod(
                    pod_id=f"SIM{number + 1:05d}",
                    bus=load.bus,
                    aggregator_id=f"AGG{number % aggregators + 1:02d}",
                    peak_kw=round(float(part), _WATT),
                    profile=load.profile,
                    cos_phi=round(float(1 / np.hypot(1.0, tan)), 4),
                )
            )
    return SimulatedPortfolio(pods=_equipped(found, scenario, start, rng))


def _shared_out(power_kw: Floats, pods: int) -> list[int]:
    """Return how many points of delivery each load gets: by largest remainder."""
    exact = power_kw / power_kw.sum() * pods
    counts = np.floor(exact).astype(np.int64)
    rest = np.argsort(counts - exact, kind="stable")[: pods - int(counts.sum())]
    counts[rest] += 1
    return [int(each) for each in counts]


def _equipped(
    pods: Sequence[SimulatedPod], scenario: Scenario, start: date, rng: np.random.Generator
) -> tuple[SimulatedPod, ...]:
    """Return points of delivery with their assets and their ways."""
    business, sells, inflates = rng.uniform(size=(3, len(pods)))
    assets = {
        name: _assets(pods, kind, start, rng)
        for name, kind in (
            ("solar", scenario.solar),
            ("heat_pump", scenario.heat_pump),
            ("car", scenario.car),
        )
    }
    marks_up = rng.uniform(size=len(pods))
    return tuple(
        msgspec.structs.replace(
            pod,
            markup=scenario.markup if marks_up[row] < scenario.markup_share else 0.0,
            business=bool(business[row] < _BUSINESS_SHARE),
            sells=bool(sells[row] < scenario.selling_share),
            inflation=scenario.inflation if inflates[row] < scenario.inflating_share else 0.0,
            **{name: kind[row] for name, kind in assets.items()},
        )
        for row, pod in enumerate(pods)
    )


def _assets(
    pods: Sequence[SimulatedPod], kind: Technology, start: date, rng: np.random.Generator
) -> list[Asset | None]:
    """Return the asset of each point of delivery, and when it comes: those of low rank first."""
    rank = rng.permutation((np.arange(len(pods)) + 0.5) / len(pods))
    price = rng.uniform(kind.least_price, max(kind.least_price, kind.highest_price), len(pods))
    found: list[Asset | None] = []
    for row, pod in enumerate(pods):
        years = 0.0
        if rank[row] > kind.share:
            growth = kind.yearly_growth
            years = (rank[row] - kind.share) / growth if growth else np.inf
        if years > _LONGEST_YEARS:
            found.append(None)
            continue
        since = start + timedelta(days=round(years * _DAYS_A_YEAR)) if years else None
        power_kw = round(pod.peak_kw * kind.size, _WATT)
        found.append(Asset(power_kw=power_kw, price=round(float(price[row]), _MILLI), since=since))
    return found
