"""The rules by which a session is cleared, and the limits of the grid that it is to keep."""

from datetime import date
from enum import Enum, StrEnum
from typing import Annotated

import msgspec

from platone.messages.base import (
    Identifier,
    Instant,
    MarketType,
    Message,
    PodId,
    PriceEurPerKwh,
    SlotIndex,
)

_Watts = Annotated[int, msgspec.Meta(ge=0, le=10_000_000_000)]
_Ticks = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
_QuarterHours = Annotated[int, msgspec.Meta(ge=1, le=100)]
_Notice = Annotated[int, msgspec.Meta(ge=0, le=2_880)]
_Flow = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]


class Method(Enum):
    """The ways to decide which offers serve which requests."""

    MERIT_ORDER = "meritOrder"
    """One request after the other, the cheapest offers first: the rule of the field test."""
    LEAST_COST = "leastCost"
    """All requests and limits of the grid at once, at the least cost."""


class Pricing(Enum):
    """The ways to price a trade."""

    AS_CLEARED = "asCleared"
    """One price among those who compete."""
    AS_BID = "asBid"
    """Each offer is paid its own price."""


class Participation(StrEnum):
    """The choices of what a point of delivery has to have to be offered; each adds to the last."""

    REGISTERED = "registered"
    """A registration with the aggregator that offers it."""
    PLACED = "placed"
    """And a point of measurement: the DSO has said where on its network it is."""
    AGREED = "agreed"
    """And an agreement of that aggregator with its customer on the ledger."""


class Ties(Enum):
    """The ways to choose among equals, where merit order decides."""

    BY_TIME = "byTime"
    """The earlier submission comes first."""
    PRO_RATA = "proRata"
    """Equals share in proportion to what they offer or need."""


class Direction(Enum):
    """The directions of change that are traded."""

    BOTH = "both"
    REDUCE = "reduce"
    RAISE = "raise"


class Product(Message):
    """The power that can be traded, in whole numbers, so that every party counts alike.

    Of reactive power W stands for var, and kWh for kvarh.

    Attributes:
        direction: To which side power is changed.
        least_volume_w: Least change that can be offered, W.
        volume_step_w: Step of offered changes, W; 0 for any.
        price_tick: Step of prices, millionths of EUR/kWh; none for any price of at least one.
        least_price: Least price, EUR/kWh; none for 0.
        highest_price: Highest price, EUR/kWh; none for any.
        least_quarter_hours: Least quarter-hours that an activation lasts; none for one.
        most_quarter_hours: Most quarter-hours that an activation lasts; none for any.
        full_activation_minutes: Time from the final trades until a change is reached in full,
            minutes; none for any quarter-hour that a session delivers.
    """

    direction: Direction = Direction.BOTH
    least_volume_w: _Watts = 100
    volume_step_w: _Watts = 0
    price_tick: _Ticks | None = None
    least_price: PriceEurPerKwh | None = None
    highest_price: PriceEurPerKwh | None = None
    least_quarter_hours: _QuarterHours | None = None
    most_quarter_hours: _QuarterHours | None = None
    full_activation_minutes: _Notice | None = None

    @property
    def bounds_duration(self) -> bool:
        """True where an activation is not of any number of quarter-hours."""
        return (self.least_quarter_hours or 1) > 1 or self.most_quarter_hours is not None


class BaselineMethod(Enum):
    """The baselines that a delivery can be counted from (market-rules.md#baselines)."""

    AGGREGATOR = "aggregator"
    """The aggregator's own."""
    TEN_OF_TEN = "tenOfTen"
    """Mean of ten like days, adjusted on the same day."""
    FIVE_WORKING_DAYS = "fiveWorkingDays"
    """Mean of the five previous working days."""
    METER_BEFORE = "meterBefore"
    """The meter before the activation."""


class SettlementRules(Message):
    """The rules by which a session is settled.

    Attributes:
        baseline: What a delivery is counted from.
        holidays: Local dates that are no working days, though not at a weekend.
        estimate_after_hours: Hours after a window from which a short gap of readings is estimated
            from the quarter-hours around it; 0 for never.
    """

    baseline: BaselineMethod = BaselineMethod.AGGREGATOR
    holidays: Annotated[tuple[date, ...], msgspec.Meta(max_length=400)] = ()
    estimate_after_hours: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 120


class ClearingRules(Message):
    """The rules of a session: part of its recording, and of its hash where they are not default.

    Attributes:
        method: How it is decided who serves whom.
        pricing: How trades are priced.
        ties: How equals are treated.
        product: What can be traded; none for a product with all its defaults.
        linked_orders: Whether offers may have terms that link what they offer; at least cost only.
        reactive: The reactive power that can be traded; none where it is not.
        settlement: How deliveries are settled; none for rules with all their defaults.
    """

    method: Method = Method.MERIT_ORDER
    pricing: Pricing = Pricing.AS_CLEARED
    ties: Ties = Ties.BY_TIME
    product: Product | None = None
    linked_orders: bool = False
    reactive: Product | None = None
    settlement: SettlementRules | None = None


DEFAULT_RULES = ClearingRules()
"""The rules of the field test (D3.6, 4.3): those of a session whose recording names none."""


class PodEffect(Message):
    """The effect of one point of delivery on an element of the grid.

    Attributes:
        pod: The point of delivery.
        effect: Change of the element's flow for each kW that it consumes more, in the
            element's unit per kW; reactive power follows at the point's power factor.
        reactive_effect: The same for each kvar of reactive power that it consumes more by itself;
            none: it has none, or sells none.
    """

    pod: PodId
    effect: _Flow
    reactive_effect: _Flow | None = None


class GridLimit(Message):
    """A limit of an element of the grid in one quarter-hour, as the DSO tells it.

    Attributes:
        player_id: The DSO.
        element: The branch or bus.
        index: The quarter-hour of the market day.
        unit: Unit of its flow: A, kW, kvar or pu.
        least: Least change of its flow from the baselines; none where nothing stands against it.
            Above 0, the element needs that change.
        most: Most change of its flow; below 0, the element needs relief.
        price: Most that is paid for one unit of needed relief, EUR for an hour.
        effects: What points of delivery do to it; others do nothing.
    """

    player_id: Identifier
    element: Identifier
    index: SlotIndex
    unit: Annotated[str, msgspec.Meta(pattern="^(A|kW|kvar|pu)$")]
    least: _Flow | None = None
    most: _Flow | None = None
    price: Annotated[float, msgspec.Meta(ge=0, le=1e9)] | None = None
    effects: Annotated[list[PodEffect], msgspec.Meta(max_length=10_000)]


class GridLimits(Message):
    """The limits of the grid that a session's clearing is to keep, as a DSO tells them.

    Attributes:
        market_type: The session's kind.
        start_time: Start of its delivery.
        player_id: The DSO.
        grid_limits: The limits, each element once in a quarter-hour; what is not named does not
            limit. They take the place of all that the DSO told before.
    """

    market_type: MarketType
    start_time: Instant
    player_id: Identifier
    grid_limits: Annotated[tuple[GridLimit, ...], msgspec.Meta(max_length=100_000)]


class ShadowPrice(Message):
    """The worth of one unit more of what a request or a limit of the grid asks.

    Attributes:
        index: The quarter-hour of the market day.
        player_id: Who asks.
        name: The request's playerServiceId, or the element.
        unit: kW for a request, the element's unit for a limit.
        price: EUR for one unit in an hour: what who asks would save with one unit less.
        missing: How much of what was asked is not met, in that unit.
    """

    index: SlotIndex
    player_id: Identifier
    name: Identifier
    unit: str
    price: float
    missing: float
