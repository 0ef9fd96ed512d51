"""Points of delivery and their series, as customers shares them (flows 0, 0A, 0B, 1, 8)."""

from typing import Annotated

import msgspec

from platone.messages.base import (
    Address,
    Hash,
    Identifier,
    Instant,
    ListPart,
    Message,
    PodId,
    PositiveKw,
    PowerKw,
    PriceEurPerKwh,
)

MAX_SERIES = 10_000
"""Points of delivery in one message: their series of a day are about 10 MB of JSON."""
_Values = Annotated[list[PowerKw], msgspec.Meta(min_length=1, max_length=36_000)]


class MaxFlexibility(Message):
    """The bounds within which a point of delivery's power may be moved from its baseline.

    Attributes:
        upper_p: Most that consumption may rise, kW.
        down_p: Most that consumption may fall, kW.
        upper_q: Most that reactive consumption may rise, kvar.
        down_q: Most that reactive consumption may fall, kvar.
    """

    upper_p: PositiveKw
    down_p: PositiveKw
    upper_q: PositiveKw = 0.0
    down_q: PositiveKw = 0.0


class PointOfDelivery(Message):
    """A point of delivery (PoD): D2.4 table 3 and D3.6 figure 33.

    Attributes:
        pod_id: Its identifier.
        aggregator_id: The party that offers its flexibility.
        customer_id: The party that is supplied there, where it has an account.
        zone: Bidding zone, such as CSUD.
        po_m_id: Its point of measurement between transmission and distribution; set by the DSO.
        pn_p: Contracted withdrawal, kW.
        inp: Contracted injection, kW.
        inq: Inductive reactive power, kvar.
        cnq: Capacitive reactive power, kvar.
        cos_phi: Power factor at which the PoD moves, lagging; 0 < cos_phi <= 1.
        max_flexibility: Contracted limits of flexibility.
        send_time: When the sender sent it.
        validity_start: From when it holds.
        flexibility_type: "continue" (divisible) or "discrete".
        action_type: "activate", "modify" or "delete".
        smart_contract_id: The settlement agreement on the ledger.
        power_curves_duration: Length of the curves, hours.
        power_curve_interval: Interval of the curves, minutes.
        power_baseline_curves: Typical power, kW, one value an interval.
        wallet: The address that the PoD's tokens are paid to; the market makes one if omitted.
    """

    pod_id: PodId
    aggregator_id: Identifier
    customer_id: Identifier | None = None
    zone: Identifier | None = None
    po_m_id: Identifier | None = None
    pn_p: PositiveKw = 0.0
    inp: PositiveKw = 0.0
    inq: PositiveKw = 0.0
    cnq: PositiveKw = 0.0
    cos_phi: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.9
    max_flexibility: MaxFlexibility | None = None
    send_time: Instant | None = None
    validity_start: Instant | None = None
    flexibility_type: Annotated[str, msgspec.Meta(pattern="^(continue|discrete)$")] = "continue"
    action_type: Annotated[str, msgspec.Meta(pattern="^(activate|modify|delete)$")] = "activate"
    smart_contract_id: Identifier | None = None
    power_curves_duration: Annotated[int, msgspec.Meta(ge=1, le=25)] = 24
    power_curve_interval: Annotated[int, msgspec.Meta(ge=15, le=15)] = 15
    power_baseline_curves: list[PowerKw] | None = None
    wallet: Address | None = None


class PodRegistry(Message):
    """Points of delivery with their points of measurement, told to the market (flow 0B)."""

    pods: Annotated[list[PointOfDelivery], msgspec.Meta(max_length=MAX_SERIES)]


class PodPage(ListPart):
    """Points of delivery that the caller may see, by identifier.

    Attributes:
        pods: Those in this part of the list.
    """

    pods: list[PointOfDelivery]


class PomAssociation(Message):
    """The point of measurement that feeds a point of delivery as switched now (flow 0A)."""

    po_m_id: Identifier


class Series(Message):
    """Power of a point of delivery, one value a quarter-hour from ``start_time``.

    Attributes:
        pod_id: Whose power.
        start_time: Start of the first quarter-hour.
        interval: Minutes; 15.
        values: kW, load convention. A market day has 92, 96 or 100 of them.
    """

    pod_id: PodId
    start_time: Instant
    interval: Annotated[int, msgspec.Meta(ge=15, le=15)] = 15
    values: _Values


class SeriesBatch(Message):
    """Series of many points of delivery."""

    series: Annotated[list[Series], msgspec.Meta(max_length=MAX_SERIES)]


class Measurement(Message):
    """One harmonised, certified reading (flow 7).

    Attributes:
        pod_id: Where it was metered.
        start_time: Start of the interval.
        duration_minutes: Length of the interval: 1, 3, 5, 15, 30 or 60; where a meter is told,
            any part of a quarter-hour.
        energy_wh: Net energy withdrawn in the interval, Wh; negative: fed in.
        quality: "measured", "estimated" or "simulated".
        device: Address of the Light Node that signed it.
        sequence: The signed message's number.
        certification_id: The record's identifier at the certification service.
        certification_hash: The record's Merkle leaf, SHA-256 over salt and signed message.
        received_at: When the access layer received it.
        revision: The number that its sender gave its correction; 0 for the first.
        reactive_energy_varh: Net reactive energy withdrawn in the interval, varh, where metered.
        version: Its number among the versions of its interval, from 1; the last one counts.
        meter_id: The serial number of the meter whose registers it is the difference of.
    """

    pod_id: PodId
    start_time: Instant
    duration_minutes: Annotated[int, msgspec.Meta(ge=1, le=60)]
    energy_wh: Annotated[int, msgspec.Meta(ge=-(10**13), le=10**13)]
    quality: Annotated[str, msgspec.Meta(pattern="^(measured|estimated|simulated)$")]
    device: Address
    sequence: Annotated[int, msgspec.Meta(ge=0)]
    certification_id: Identifier
    certification_hash: Hash
    received_at: Instant
    revision: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    reactive_energy_varh: Annotated[int, msgspec.Meta(ge=-(10**13), le=10**13)] | None = None
    version: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    meter_id: Identifier | None = None


class MeasurementBatch(Message):
    """Measurements of many points of delivery."""

    measurements: Annotated[list[Measurement], msgspec.Meta(max_length=100_000)]


class Setpoint(Message):
    """The power that a point of delivery shall have in an interval (flow 6).

    Attributes:
        setpoint_id: Its identifier.
        pod_id: Whom it is for.
        start_time: Start of the interval.
        duration_minutes: Length of the interval.
        power_kw: Total active power, kW, load convention; none where only reactive power was sold.
        power_kvar: Total reactive power, kvar; where none is told, it goes with the active power.
        market_outcome: The validated outcome that it comes from.
    """

    setpoint_id: Identifier
    pod_id: PodId
    start_time: Instant
    duration_minutes: Annotated[int, msgspec.Meta(ge=1, le=60)]
    power_kw: PowerKw | None = None
    power_kvar: PowerKw | None = None
    market_outcome: Identifier


class SetpointBatch(Message):
    """Setpoints for many points of delivery."""

    setpoints: Annotated[list[Setpoint], msgspec.Meta(max_length=100_000)]


class FlexibilityPreference(Message):
    """A change that a customer lets the aggregator offer in one quarter-hour.

    Attributes:
        index: The quarter-hour of the market day.
        change_kw: Change from the baseline, kW; negative: consume less.
        price_eur_per_kwh: Least price for it.
        change_kvar: Change of reactive power, kvar; none where none is offered.
        price_eur_per_kvarh: Least price for that; none for 0.
    """

    index: Annotated[int, msgspec.Meta(ge=0, le=99)]
    change_kw: PowerKw
    price_eur_per_kwh: PriceEurPerKwh
    change_kvar: PowerKw | None = None
    price_eur_per_kvarh: PriceEurPerKwh | None = None


class PortfolioPod(Message):
    """A point of delivery in an aggregator's portfolio.

    Attributes:
        pod: Its registration, as shared with customers.
        customer_share_ppm: The customer's part of what its flexibility earns, parts per million.
        penalty_eur_per_kwh: Penalty for energy ordered and not delivered.
        least_delivery_ppm: Part of what was ordered below which nothing is paid, parts per million.
        full_delivery_ppm: Part from which all that was ordered is paid; between the two the payment
            slides. Not above the least part: what is delivered is paid by the unit.
        preferences: What may be offered, by quarter-hour of a market day.
    """

    pod: PointOfDelivery
    customer_share_ppm: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 800_000
    penalty_eur_per_kwh: Annotated[float, msgspec.Meta(ge=0, le=1000)] = 0.0
    least_delivery_ppm: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    full_delivery_ppm: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    preferences: Annotated[tuple[FlexibilityPreference, ...], msgspec.Meta(max_length=100)] = ()


class Portfolio(Message):
    """An aggregator's points of delivery."""

    pods: Annotated[list[PortfolioPod], msgspec.Meta(max_length=MAX_SERIES)]
