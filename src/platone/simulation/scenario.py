"""The assumptions of a simulation: growth, behaviour, prices and errors, each with its default."""

from typing import Annotated

import msgspec

from platone.messages.base import Message

_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Size = Annotated[float, msgspec.Meta(ge=0, le=20)]
_Price = Annotated[float, msgspec.Meta(ge=0, le=10)]
_Error = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Technology(Message):
    """The spread of a technology among points of delivery.

    Attributes:
        share: Part of them that have it on the first day.
        yearly_growth: Part of them that get it in a year.
        size: Its rated power by the point of delivery's peak without it.
        least_price: Least price of its flexibility, EUR/kWh.
        highest_price: Highest price of its flexibility, EUR/kWh.
    """

    share: _Share
    yearly_growth: _Share
    size: _Size
    least_price: _Price
    highest_price: _Price


class Scenario(Message):
    """All that a simulation assumes. Every field may be left out; the defaults are our choice.

    Attributes:
        zone: IANA name of the market's zone.
        latitude_deg: Where the sun shines.
        longitude_deg: East is positive.
        start_loading: Part of its nearest limit that the network reaches on its hardest day before
            any technology is added: all loads are scaled to it. None: as the file has them.
        pod_share: Part of each load that becomes points of delivery.
        selling_share: Part of the points of delivery that sell flexibility.
        solar: Photovoltaic plants.
        heat_pump: Heat pumps.
        car: Charging points of cars.
        forecast_error: Standard deviation of an aggregator's error, by the day's mean power.
        load_error: The same of the DSO for loads that are no points of delivery, the day ahead.
        sun_error: Standard deviation of the sun's error, by what was expected of it.
        real_time_error: Part of the loads' errors that is left to the DSO in real time.
        non_delivery: Part of activations in which nothing is done.
        delivery_error: Standard deviation of a delivered change, by the ordered one.
        rebound: Part of the energy that was not consumed that comes in the next two hours.
        margin: Part of each limit that the DSO keeps free when it asks and judges.
        dso_price: Most that the DSO pays, EUR/kWh.
        tso_price: Most that the TSO pays, EUR/kWh.
        tso_requests_a_day: Quarter-hours in which the TSO asks, on average.
        tso_size: Part of the points of delivery's total peak that it asks for, at most.
        penalty_price: Penalty for energy that was ordered and not delivered, EUR/kWh.
        least_delivery: Part of what was ordered below which nothing is paid.
        full_delivery: Part from which all that was ordered is paid; between the two the payment
            slides. Not above the least part: what is delivered is paid by the unit.
        customer_share: The customer's part of what is earned.
        inflating_share: Part of the sellers that tell too high a baseline.
        inflation: By how much they raise it, by their offered change.
        markup_share: Part of the sellers that ask for more than their least price.
        markup: By how much more, by that price.
    """

    zone: str = "Europe/Rome"
    latitude_deg: Annotated[float, msgspec.Meta(ge=-66, le=66)] = 41.9
    longitude_deg: Annotated[float, msgspec.Meta(ge=-180, le=180)] = 12.5
    start_loading: Annotated[float, msgspec.Meta(gt=0, le=2)] | None = 0.95
    pod_share: _Share = 0.5
    selling_share: _Share = 0.8
    solar: Technology = Technology(
        share=0.25, yearly_growth=0.15, size=1.5, least_price=0.08, highest_price=0.2
    )
    heat_pump: Technology = Technology(
        share=0.2, yearly_growth=0.1, size=0.8, least_price=0.12, highest_price=0.4
    )
    car: Technology = Technology(
        share=0.15, yearly_growth=0.15, size=1.0, least_price=0.05, highest_price=0.25
    )
    forecast_error: _Error = 0.08
    load_error: _Error = 0.05
    sun_error: _Error = 0.12
    real_time_error: _Share = 0.4
    non_delivery: _Share = 0.04
    delivery_error: _Error = 0.05
    rebound: _Share = 0.0
    margin: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.02
    dso_price: _Price = 0.6
    tso_price: _Price = 0.25
    tso_requests_a_day: Annotated[float, msgspec.Meta(ge=0, le=96)] = 4.0
    tso_size: _Share = 0.03
    penalty_price: _Price = 0.1
    least_delivery: _Share = 0.0
    full_delivery: _Share = 0.0
    customer_share: _Share = 0.8
    inflating_share: _Share = 0.0
    inflation: _Share = 0.5
    markup_share: _Share = 0.0
    markup: Annotated[float, msgspec.Meta(ge=0, le=10)] = 0.5
