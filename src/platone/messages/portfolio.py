"""A portfolio's flexible assets, their owners' preferences, and the offers planned of them."""

from datetime import date
from enum import Enum
from typing import Annotated, Any

import msgspec

from platone.messages.base import (
    Identifier,
    Instant,
    MarketType,
    Message,
    PodId,
    PositiveKw,
    PriceEurPerKwh,
    SlotIndex,
    Submission,
)

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""A part of a whole: 1 is all of it."""
_PositiveShare = Annotated[float, msgspec.Meta(gt=0, le=1)]
_PositiveKwh = Annotated[float, msgspec.Meta(gt=0, le=100_000_000)]
_Cost = Annotated[float, msgspec.Meta(ge=0, le=100_000)]


class AvailableSpan(Message):
    """A span of quarter-hours of a market day, half-open.

    Attributes:
        first_index: Its first quarter-hour.
        end_index: The quarter-hour after its last.
    """

    first_index: SlotIndex
    end_index: Annotated[int, msgspec.Meta(ge=1, le=100)]


class DayPreference(Message):
    """The wish of a customer for a market day, which its aggregator keeps to when it offers.

    Attributes:
        pod_id: The point of delivery.
        day: The market day, by the calendar of the market's zone.
        available: Whether anything may be offered on this day.
        hours: When it may be; none: the whole day.
        least_state_of_charge: Part of a battery's capacity that is kept for the customer.
    """

    pod_id: PodId
    day: date
    available: bool = True
    hours: Annotated[tuple[AvailableSpan, ...], msgspec.Meta(max_length=50)] = ()
    least_state_of_charge: Share = 0.0


class StatedPreference(Message):
    """A preference that holds for a day, said by the customer or the default.

    Attributes:
        stated: Whether the customer said it; else it is the default: available all day.
        preference: What holds.
    """

    stated: bool
    preference: DayPreference


class PreferencePage(Message):
    """The preferences of a market day for the points of delivery that the caller may see."""

    preferences: list[StatedPreference]


class Battery(Message):
    """A battery behind a point of delivery.

    Attributes:
        capacity_kwh: Energy that it holds when it is full.
        charge_kw: Most power that it takes.
        discharge_kw: Most power that it gives.
        efficiency: Energy that comes out again of what went in.
        state_of_charge: Part of its capacity that it holds.
        state_at: When it held that.
        wear_eur_per_kwh: Cost of a kWh that it gives or takes for others.
    """

    capacity_kwh: _PositiveKwh
    charge_kw: PositiveKw
    discharge_kw: PositiveKw
    efficiency: _PositiveShare = 0.9
    state_of_charge: Share
    state_at: Instant
    wear_eur_per_kwh: _Cost = 0.0


class Plant(Message):
    """A plant of photovoltaics behind a point of delivery.

    Attributes:
        peak_kw: Most power that it gives.
        curtailable_share: Part of its power that can be held back.
        curtailment_eur_per_kwh: What a kWh is worth that is held back.
    """

    peak_kw: PositiveKw
    curtailable_share: Share = 1.0
    curtailment_eur_per_kwh: _Cost = 0.0


class ShiftableLoad(Message):
    """A load that can run later on the same day: heat pump, boiler, charging car.

    Attributes:
        power_kw: Most power that can be put off, or taken in addition when it is made up for.
        longest_shift: Quarter-hours within which it is made up for.
        most_kwh: Most energy that is put off in a day.
        comfort_eur_per_kwh: What putting off a kWh costs the customer.
    """

    power_kw: PositiveKw
    longest_shift: Annotated[int, msgspec.Meta(ge=1, le=95)]
    most_kwh: _PositiveKwh
    comfort_eur_per_kwh: _Cost = 0.0


class Asset(Message):
    """A flexible asset of a point of delivery: exactly one of battery, plant and load.

    Attributes:
        asset_id: Its name, the only one at its point of delivery.
        pod_id: The point of delivery that it is behind.
        battery: What it is, if it is a battery.
        plant: What it is, if it is a plant.
        shiftable_load: What it is, if it is a load.
    """

    asset_id: Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_-]+$")]
    pod_id: PodId
    battery: Battery | None = None
    plant: Plant | None = None
    shiftable_load: ShiftableLoad | None = None


class AssetPage(Message):
    """Assets of the points of delivery that the caller may see."""

    assets: list[Asset]


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


class PodForecastPage(Message):
    """Forecast baselines of the points of delivery that the caller may see."""

    forecasts: list[PodForecast]


class LineState(Enum):
    """The states of a trade of which the money has not come."""

    WAITING = "waiting"
    """It is not settled yet."""
    MISSING_MEASUREMENT = "missingMeasurement"
    """It waits for the reading of what was delivered."""
    NOT_PAID = "notPaid"
    """The ledger refused to pay it."""
    DISPUTED = "disputed"
    """Somebody disputes it, and it is not decided."""


class OpenLine(Message):
    """A trade that is not paid, or whose payment is disputed.

    Attributes:
        pod_id: The point of delivery.
        market_outcome: The outcome, or the settlement's outcome, that it stands in.
        start_time: Start of its quarter-hour.
        change_p: Ordered change, kW.
        price_p: Its price, EUR/kWh.
        request_player_id: Who asked.
        state: What it waits for.
        line_id: Its identifier on the ledger, once it is settled.
        dispute: The dispute about it.
    """

    pod_id: PodId
    market_outcome: Identifier
    start_time: Instant
    change_p: float
    price_p: float
    request_player_id: Identifier
    state: LineState
    line_id: str | None = None
    dispute: str | None = None


class OpenLinePage(Message):
    """Lines of the caller that are open, by start of delivery."""

    lines: list[OpenLine]


class DispatchState(Enum):
    """The states of a sold quarter-hour."""

    AHEAD = "ahead"
    """It is not over yet."""
    AWAITED = "awaited"
    """It is over; its measurement has not come."""
    DELIVERED = "delivered"
    """It was measured as it was ordered."""
    DEVIATES = "deviates"
    """It was measured otherwise."""


class DispatchedQuarter(Message):
    """A sold quarter-hour of a point of delivery, with what each asset is to give of it.

    Attributes:
        index: The quarter-hour of the market day.
        state: How far it is.
        ordered_kw: Total power that was ordered.
        change_kw: Change from the baseline that was sold, load convention.
        shares: What each asset is to change, cheapest first; none of one that is over.
        uncovered_kw: What no asset can give of it, as their states are told now, without a sign.
        measured_kw: Total power that was measured.
    """

    index: SlotIndex
    state: DispatchState
    ordered_kw: float
    change_kw: float
    shares: tuple[AssetShare, ...] = ()
    uncovered_kw: float = 0.0
    measured_kw: float | None = None


class PodDispatch(Message):
    """The dispatch of a point of delivery on a market day.

    Attributes:
        pod_id: The point of delivery.
        day: The market day.
        quarters: The quarter-hours in which it sold something.
    """

    pod_id: PodId
    day: date
    quarters: tuple[DispatchedQuarter, ...]


class DispatchPage(Message):
    """The dispatch of the points of delivery that the caller may see."""

    pods: list[PodDispatch]


class AlarmKind(Enum):
    """The reasons for which a delivery is in danger."""

    DEVIATES = "deviates"
    """Something else was measured than was ordered."""
    UNCOVERED = "uncovered"
    """The assets cannot give all that was sold."""


class DeliveryAlarm(Message):
    """A delivery that failed or is going to.

    Attributes:
        pod_id: The point of delivery.
        start_time: Start of the quarter-hour.
        kind: Why.
        ordered_kw: Total power that was ordered.
        missing_kw: Measured less ordered; of what is to come, what no asset gives, without a sign.
        noticed_at: When it was first noticed.
    """

    pod_id: PodId
    start_time: Instant
    kind: AlarmKind
    ordered_kw: float
    missing_kw: float
    noticed_at: Instant


class DeliveryAlarmPage(Message):
    """Alarms of the points of delivery that the caller may see, the newest first."""

    alarms: list[DeliveryAlarm]
