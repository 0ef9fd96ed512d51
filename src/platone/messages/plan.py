"""Plans of a portfolio: baselines forecast from measurements, and offers of its assets."""

from datetime import date
from enum import Enum
from typing import Annotated, Any

import msgspec

from platone.messages.base import (
    Instant,
    ListPart,
    MarketType,
    Message,
    PodId,
    PriceEurPerKwh,
    SlotIndex,
    Submission,
)


class Side(Enum):
    """The side to which a point of delivery's power is moved."""

    MORE = "more"
    """It consumes more, or feeds in less."""
    LESS = "less"
    """It consumes less, or feeds in more."""


class AskedQuarter(Message):
    """A quarter-hour for which a price is expected.

    Attributes:
        index: The quarter-hour of the market day.
        direction: To which side flexibility is wanted.
        price_eur_per_kwh: The price that is expected for it.
    """

    index: SlotIndex
    direction: Side
    price_eur_per_kwh: PriceEurPerKwh


class PlanOrder(Message):
    """An order to plan a portfolio's offer in a session, and to send it.

    Attributes:
        market_type: The kind of session.
        start_time: Start of its delivery.
        asked: The quarter-hours that are worth an offer, with the prices expected.
        linked_orders: Whether the market takes terms of orders: then batteries are offered with
            their energy as a bound, and no part of it is reserved for each quarter-hour.
        send: Whether it is sent to the market; else it is only shown.
    """

    market_type: MarketType
    start_time: Instant
    asked: Annotated[tuple[AskedQuarter, ...], msgspec.Meta(min_length=1, max_length=100)]
    linked_orders: bool = False
    send: bool = True


class AssetShare(Message):
    """The part of an asset in an offered quarter-hour.

    Attributes:
        asset_id: The asset.
        change_kw: Most that it changes, load convention.
        cost_eur_per_kwh: What that costs.
    """

    asset_id: str
    change_kw: float
    cost_eur_per_kwh: float


class PlannedQuarter(Message):
    """An offered quarter-hour of a point of delivery.

    Attributes:
        index: The quarter-hour of the market day.
        change_kw: The offered change from the baseline, load convention.
        price_eur_per_kwh: Least price: the cost of the dearest asset in it.
        shares: What each asset gives of it.
    """

    index: SlotIndex
    change_kw: float
    price_eur_per_kwh: float
    shares: tuple[AssetShare, ...]


class MostEnergy(Message):
    """Bounds of the energy that is moved in all quarter-hours together, to each side.

    Attributes:
        more: Most additional consumption, kWh; none: no bound but each quarter-hour's.
        less: Most consumption that is saved, kWh.
    """

    more: float | None = None
    less: float | None = None


class PlannedPod(Message):
    """The part of a point of delivery in a planned offer.

    Attributes:
        pod_id: The point of delivery.
        quarters: What is offered, by quarter-hour.
        most_energy_kwh: The bounds that are told to the market, where a battery is offered linked.
        returns: Quarter-hours in which what loads put off comes back.
        rebound_kwh: Energy that flows the other way later if all of it is taken: positive is
            consumed.
        problem: Why nothing is offered, as application/problem+json.
    """

    pod_id: PodId
    quarters: tuple[PlannedQuarter, ...] = ()
    most_energy_kwh: MostEnergy | None = None
    returns: tuple[SlotIndex, ...] = ()
    rebound_kwh: float = 0.0
    problem: dict[str, Any] | None = None


class OfferPlan(Message):
    """The planned offer of a portfolio, and the market's answer to it.

    Attributes:
        pods: The points of delivery with assets.
        submission: The market's answer; none where nothing was sent.
    """

    pods: list[PlannedPod]
    submission: Submission | None = None


class BaselineForecastOrder(Message):
    """An order to forecast baselines of a market day from measurements, and to submit them.

    Attributes:
        day: The market day: today, tomorrow or the day after.
        pod_ids: Of which points of delivery; none: of all of the portfolio.
        country: Whose public holidays count, ISO 3166-1.
        submit: Whether they are submitted as baselines; else only their errors are calculated.
    """

    day: date
    pod_ids: Annotated[tuple[PodId, ...], msgspec.Meta(max_length=200)] = ()
    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] = "IT"
    submit: bool = True


class ForecastError(Message):
    """The error of a point of delivery's forecasts, measured by walking forward through its past.

    Attributes:
        judged: Quarter-hours that were forecast from the days before them, and compared.
        mean_kw: Mean magnitude of forecast less measured.
        deviation_kw: Standard deviation of forecast less measured.
        bias_kw: Its mean; positive: forecast too high.
        skill: One less the ratio of this error to that of the same quarter-hour of the newest
            known day: 0 is no better than repeating it.
        low_kw: Distance of the power that is passed nine times in ten, one a quarter-hour.
        high_kw: Distance of the power that is passed once in ten.
    """

    judged: int
    mean_kw: float
    deviation_kw: float
    bias_kw: float
    skill: float | None
    low_kw: tuple[float, ...]
    high_kw: tuple[float, ...]


class PodForecast(Message):
    """A forecast of a point of delivery's baseline of a market day.

    Attributes:
        pod_id: The point of delivery.
        day: The market day.
        method: The model with the least error, by name.
        values: Power, kW, one value a quarter-hour.
        error: What such forecasts have been wrong by.
    """

    pod_id: PodId
    day: date
    method: str
    values: tuple[float, ...]
    error: ForecastError


class PodForecastPage(ListPart):
    """Forecast baselines of the points of delivery that the caller may see.

    Attributes:
        forecasts: Those in this part of the list.
    """

    forecasts: list[PodForecast]
