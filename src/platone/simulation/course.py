"""A day of all consumers: what is expected of them, what they do, and what can be moved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from platone.grid.array import Floats
from platone.grid.network.element import Load
from platone.grid.profile.day_grid import market_places
from platone.kernel.market_time import MarketDay
from platone.simulation.portfolio import Asset, SimulatedPod
from platone.simulation.scenario import Scenario
from platone.simulation.shape import charging, clock_hours, consumption, heat, sun
from platone.simulation.site import SimulationSite, load_factors

_MILLI = 3
"""Decimals of prices in EUR/kWh: those of people's offers."""
_WARMER_C = 2.5
"""Standard deviation of a day's temperature from its season's, C: our choice."""
_AGE = 0.9
"""Part of an error that is left after a quarter-hour: errors last for two hours or so."""
_CURTAILED_HEAT, _CURTAILED_CAR = 0.6, 0.9
"""Parts of heating and charging that can wait for a quarter-hour: our choice."""
_BY_WORK_H, _BY_HOME_H = 10.0, 19.5
"""Hours at which cars charge: at work and at home."""


@dataclass(frozen=True, slots=True, eq=False)
class DayCourse:
    """A market day of all consumers; powers in kW, shape (quarter-hours, points of delivery).

    Attributes:
        day: The market day.
        expected_kw: What aggregators expect without any activation.
        real_kw: What there would be without any activation.
        reduce_kw: How much less can be consumed.
        raise_kw: How much more can be consumed, or less fed in.
        reduce_price: EUR/kWh.
        raise_price: EUR/kWh.
        load_expected_kw: What the DSO expects of loads, shape (quarter-hours, loads).
        load_real_kw: What they withdraw.
    """

    day: MarketDay
    expected_kw: Floats
    real_kw: Floats
    reduce_kw: Floats
    raise_kw: Floats
    reduce_price: Floats
    raise_price: Floats
    load_expected_kw: Floats
    load_real_kw: Floats

    def load_known_kw(self, error: float) -> Floats:
        """Return the power of loads as the DSO knows it when a part of its error is left."""
        return np.asarray(self.load_real_kw + error * (self.load_expected_kw - self.load_real_kw))


def make_course(site: SimulationSite, scenario: Scenario, day: MarketDay, seed: int) -> DayCourse:
    """Return a day of all consumers; the same seed and day give the same course."""
    rng = np.random.default_rng([seed, 2, day.on.toordinal()])
    clear = sun(day, scenario.latitude_deg, scenario.longitude_deg)
    clear = clear * (0.25 + 0.75 * rng.beta(2.0, 1.0))  # clouds of the day, as they are forecast
    cloud = _errors(rng, len(clear), 1)[:, 0] * scenario.sun_error
    base = _base_kw(site, day)
    solar, pumps, cars = _assets_kw(site.pods, day, clear, rng)
    expected = base + pumps + cars - solar
    size = np.abs(expected).mean(axis=0)
    error = _errors(rng, *expected.shape) * size * scenario.forecast_error
    shining = np.clip(solar * (1 + cloud[:, None]), 0, _rated(site.pods, day, _solar))
    real = base + pumps + cars + error - shining
    load = _load_kw(site, day, clear)
    load_error = _errors(rng, *load.shape) * np.abs(load).mean(axis=0) * scenario.load_error
    heat_kw, car_kw = _CURTAILED_HEAT * pumps, _CURTAILED_CAR * cars
    reduce_kw = heat_kw + car_kw
    prices = [_prices(site.pods, kind) for kind in (_solar, _pump, _car)]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (heat_kw * prices[1] + car_kw * prices[2]) / reduce_kw
    return DayCourse(
        day=day,
        expected_kw=expected,
        real_kw=real,
        reduce_kw=reduce_kw,
        raise_kw=solar,
        reduce_price=np.asarray(np.round(np.nan_to_num(mean), _MILLI), dtype=np.float64),
        raise_price=np.broadcast_to(prices[0], solar.shape),
        load_expected_kw=load,
        load_real_kw=load + load_error + cloud[:, None] * _plants_kw(site, clear),
    )


def _base_kw(site: SimulationSite, day: MarketDay) -> Floats:
    """Return the consumption of points of delivery without their assets, kW."""
    home, work = consumption(day)
    places = market_places(day)
    own = {each.id: np.array(each.factors)[places] for each in site.network.profiles}
    shapes = [
        own[pod.profile] if pod.profile is not None else work if pod.business else home
        for pod in site.pods
    ]
    return np.asarray(np.stack(shapes, axis=1) * [pod.peak_kw for pod in site.pods])


def _assets_kw(
    pods: Sequence[SimulatedPod], day: MarketDay, clear: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Return the powers of plants, heat pumps and cars, kW, each without sign."""
    solar = clear[:, None] * _rated(pods, day, _solar)
    warm = heat(day, float(rng.normal(0.0, _WARMER_C)))
    pumps = warm[:, None] * _rated(pods, day, _pump)
    middle = np.array([_BY_WORK_H if pod.business else _BY_HOME_H for pod in pods])
    arrival = middle + rng.normal(0.0, 1.0, len(pods))
    taken = charging(clock_hours(day), arrival, rng.uniform(0.5, 1.5, len(pods)))
    return solar, pumps, taken * _rated(pods, day, _car)


def _load_kw(site: SimulationSite, day: MarketDay, clear: Floats) -> Floats:
    loads = site.network.loads
    draws = [load.p_kw if load.closed and not _is_plant(load) else 0.0 for load in loads]
    return load_factors(site.network, loads, day) * draws + _plants_kw(site, clear)


def _plants_kw(site: SimulationSite, clear: Floats) -> Floats:
    """Return the power of the network's own plants, below 0, shape (quarter-hours, loads)."""
    loads = site.network.loads
    gives = np.array([load.p_kw if load.closed and _is_plant(load) else 0.0 for load in loads])
    return np.asarray(clear[:, None] * gives)


def _is_plant(load: Load) -> bool:
    """Return whether a load is a plant without a profile of its own: it follows the sun."""
    return load.p_kw < 0 and load.profile is None


def _errors(rng: np.random.Generator, count: int, width: int) -> Floats:
    """Return errors of standard deviation 1 that fade from quarter-hour to quarter-hour."""
    fresh = rng.normal(size=(count, width))
    fresh[1:] *= np.sqrt(1 - _AGE**2)
    for row in range(1, count):
        fresh[row] += _AGE * fresh[row - 1]
    return fresh


_Kind = Callable[[SimulatedPod], Asset | None]


def _solar(pod: SimulatedPod) -> Asset | None:
    return pod.solar


def _pump(pod: SimulatedPod) -> Asset | None:
    return pod.heat_pump


def _car(pod: SimulatedPod) -> Asset | None:
    return pod.car


def _rated(pods: Sequence[SimulatedPod], day: MarketDay, kind: _Kind) -> Floats:
    """Return the rated power of each point of delivery's asset, 0 where it is not there yet."""
    assets = [kind(pod) for pod in pods]
    return np.array(
        [
            asset.power_kw if asset and (asset.since is None or asset.since <= day.on) else 0.0
            for asset in assets
        ]
    )


def _prices(pods: Sequence[SimulatedPod], kind: _Kind) -> Floats:
    """Return the price that each point of delivery asks for an asset's flexibility, EUR/kWh."""
    found = []
    for pod in pods:
        asset = kind(pod)
        found.append(round(asset.price * (1 + pod.markup), _MILLI) if asset else 0.0)
    return np.array(found)
