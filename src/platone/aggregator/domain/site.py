"""A point of delivery with its assets as a plan sees it: numbers of each quarter-hour."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from platone.aggregator.domain.preference import is_available
from platone.kernel.session_window import SessionWindow
from platone.messages.asset import Asset, DayPreference
from platone.messages.plan import AskedQuarter, Side
from platone.messages.registry import PortfolioPod

Floats = NDArray[np.float64]
STALEST = timedelta(hours=48)
"""Age of a battery's state beyond which it is not offered: a day-ahead session of the next day is
planned at most 38 h before its last quarter-hour."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FlexibleSite:
    """A point of delivery with its assets in a session.

    Attributes:
        pod_id: The point of delivery.
        assets: Its assets.
        first: The session's first quarter-hour of the market day.
        count: Quarter-hours of the session.
        day_kw: The baseline from the session's first quarter-hour to the end of the day, kW.
        side: What is asked of each quarter-hour of the session: 1 more, -1 less, 0 nothing.
        price: The price expected in each, EUR/kWh.
        more_kw: Most that consumption may rise, to the end of the day, by contract.
        less_kw: Most that consumption may fall.
        sold_kwh: Energy that other trades and offers move from when the assets' state was told,
            to the sides more and less: nobody knows which of them come true in which order.
        put_off_kwh: Energy that other trades and offers of the day save: loads may have put it off.
        free: Whether nothing is asked or was sold, to the end of the day: there what was put off
            may come back.
        kept_share: Part of batteries' capacity that the customer keeps.
    """

    pod_id: str
    assets: Sequence[Asset]
    first: int
    count: int
    day_kw: Floats
    side: NDArray[np.int64]
    price: Floats
    more_kw: Floats
    less_kw: Floats
    sold_kwh: tuple[float, float]
    put_off_kwh: float
    free: NDArray[np.bool_]
    kept_share: float


@dataclass(frozen=True, slots=True)
class EarlierTrade:
    """A change of a point of delivery that was sold, or is offered, elsewhere.

    Attributes:
        start: Start of its quarter-hour.
        change_kwh: Its energy, load convention.
    """

    start: datetime
    change_kwh: float


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Trades and offers of a point of delivery in other sessions.

    Attributes:
        trades: What was sold, or may be yet.
        reserved: Quarter-hours of the day in which what was put off comes back.
    """

    trades: Sequence[EarlierTrade] = ()
    reserved: Collection[int] = ()


NOWHERE = Elsewhere()
"""The default: a point of delivery that is in no other session."""


def flexible_site(
    item: PortfolioPod,
    assets: Sequence[Asset],
    baseline_kw: Sequence[float],
    window: SessionWindow,
    asked: Sequence[AskedQuarter],
    *,
    preference: DayPreference | None,
    elsewhere: Elsewhere = NOWHERE,
) -> FlexibleSite:
    """Return a point of delivery as a plan sees it.

    Quarter-hours are not asked in which it sold something already, what it put off comes back, or
    which its customer keeps.

    Args:
        item: Its registration.
        assets: Its assets.
        baseline_kw: Its baseline of the market day.
        window: The session's quarter-hours.
        asked: What is asked of the portfolio.
        preference: What its customer said for the day, if anything.
        elsewhere: What it does in other sessions.
    """
    earlier = elsewhere.trades
    first, count = window.indices[0], len(window.indices)
    by_index: Mapping[int, AskedQuarter] = {each.index: each for each in asked}
    sold = {window.day.index(each.start) for each in earlier if _is_of_day(each, window)}
    sold |= set(elsewhere.reserved)
    side, price = np.zeros(count, dtype=np.int64), np.zeros(count)
    for place, index in enumerate(window.indices):
        found = by_index.get(index)
        if found is not None and index not in sold and is_available(preference, index):
            side[place] = 1 if found.direction is Side.MORE else -1
            price[place] = found.price_eur_per_kwh
    day_kw = np.array(baseline_kw[first:], dtype=np.float64)
    places = range(first, first + len(day_kw))
    free = np.array([at not in sold and is_available(preference, at) for at in places])
    free[:count] &= side == 0
    pod, bounds = item.pod, item.pod.max_flexibility
    more_kw = np.maximum(pod.pn_p - day_kw, 0.0)
    less_kw = np.maximum(pod.inp + day_kw, 0.0)
    if bounds is not None:
        more_kw, less_kw = np.minimum(more_kw, bounds.upper_p), np.minimum(less_kw, bounds.down_p)
    return FlexibleSite(
        pod_id=pod.pod_id,
        assets=assets,
        first=first,
        count=count,
        day_kw=day_kw,
        side=side,
        price=price,
        more_kw=more_kw,
        less_kw=less_kw,
        sold_kwh=_sold(assets, window, earlier),
        put_off_kwh=-sum(min(each.change_kwh, 0.0) for each in earlier if _is_of_day(each, window)),
        free=free,
        kept_share=0.0 if preference is None else preference.least_state_of_charge,
    )


def _is_of_day(trade: EarlierTrade, window: SessionWindow) -> bool:
    return window.day.start <= trade.start < window.day.end


def usable_assets(assets: Sequence[Asset], window: SessionWindow) -> list[Asset]:
    """Return the assets whose state is known well enough to be offered in a session."""
    return [
        each
        for each in assets
        if each.battery is None or window.start - each.battery.state_at <= STALEST
    ]


def _sold(
    assets: Sequence[Asset], window: SessionWindow, earlier: Sequence[EarlierTrade]
) -> tuple[float, float]:
    """Return the energy of other trades since the oldest state that was told: more and less."""
    told = [each.battery.state_at for each in assets if each.battery is not None]
    since = min(told, default=window.start)
    moved = [trade.change_kwh for trade in earlier if trade.start >= since]
    return sum(each for each in moved if each > 0), -sum(each for each in moved if each < 0)
