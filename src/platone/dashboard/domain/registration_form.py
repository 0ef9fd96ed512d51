"""A point of delivery, and a baseline of it, as they are typed into forms."""

from collections.abc import Mapping

from platone.dashboard.domain.typed import day_in, number_in
from platone.kernel.errors import Reasons
from platone.kernel.market_time import MarketDay
from platone.messages.registry import (
    MaxFlexibility,
    PointOfDelivery,
    Portfolio,
    PortfolioPod,
    Series,
    SeriesBatch,
)

_PPM_A_PERCENT = 10_000
"""Parts per million in a hundredth."""
_NUMBERS = {
    "contracted": "Contracted power",
    "rise": "Rise",
    "fall": "Fall",
    "share": "The customer's part",
}


def read_registration(form: Mapping[str, str], party_id: str) -> Portfolio:
    """Return the registration that a form describes.

    Raises:
        FieldWrong: Fields cannot be read; all of them are told.
    """
    reasons = Reasons()
    numbers: dict[str, float] = {}
    for name, label in _NUMBERS.items():
        with reasons:
            numbers[name] = number_in(form, name, label)
    reasons.raise_all()
    pod = PointOfDelivery(
        pod_id=form.get("pod", "").strip(),
        aggregator_id=party_id,
        customer_id=form.get("customer", "").strip() or None,
        pn_p=numbers["contracted"],
        max_flexibility=MaxFlexibility(upper_p=numbers["rise"], down_p=numbers["fall"]),
    )
    share = round(numbers["share"] * _PPM_A_PERCENT)
    return Portfolio(pods=[PortfolioPod(pod=pod, customer_share_ppm=share)])


def read_baseline(form: Mapping[str, str], zone: str) -> SeriesBatch:
    """Return a baseline of one power for a whole day.

    Raises:
        FieldWrong: Fields cannot be read; all of them are told.
    """
    reasons = Reasons()
    days: list[MarketDay] = []
    powers: list[float] = []
    with reasons:
        days.append(MarketDay(day_in(form, "day"), zone))
    with reasons:
        powers.append(number_in(form, "power", "Power"))
    reasons.raise_all()
    values = powers * days[0].quarter_hours
    pod = form.get("pod", "").strip()
    return SeriesBatch(series=[Series(pod_id=pod, start_time=days[0].start, values=values)])
