"""The wishes of an aggregator's customers for a day, in words beside their points of delivery."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from platone.dashboard.domain.household_choice import hours_in_words
from platone.dashboard.domain.language import Reader
from platone.kernel.figure import plain_decimal
from platone.kernel.market_time import MarketDay
from platone.messages.asset import AvailableSpan, DayPreference
from platone.messages.registry import FlexibilityPreference, PortfolioPod

_PRICE_DIGITS = 6
"""Decimals of a price, €/kWh: a millionth is the least that is told apart."""


@dataclass(frozen=True, slots=True)
class PodWish:
    """A customer's wish for a market day, as its aggregator reads it.

    Attributes:
        is_available: Whether anything may be offered on the day.
        words: The wish in words; empty where the customer leaves it to the aggregator.
    """

    is_available: bool
    words: str


NO_WISH = PodWish(is_available=True, words="")
"""The default: a point of delivery whose customer leaves it to the aggregator."""


def pod_wishes(
    day: MarketDay,
    said: Iterable[DayPreference],
    portfolio: Iterable[PortfolioPod],
    planned: Collection[str],
) -> dict[str, PodWish]:
    """Return the wishes of customers for a market day, by point of delivery.

    Args:
        day: The market day.
        said: What holds for the day.
        portfolio: The points of delivery, with what was agreed by quarter-hour.
        planned: Those with assets: they are planned, and no single quarter-hours bind them.
    """
    by_pod = {each.pod_id: each for each in said}
    return {
        item.pod.pod_id: _wish(
            day,
            by_pod.get(item.pod.pod_id),
            () if item.pod.pod_id in planned else item.preferences,
        )
        for item in portfolio
    }


def _wish(
    day: MarketDay, said: DayPreference | None, agreed: Sequence[FlexibilityPreference]
) -> PodWish:
    if said is not None and not said.available:
        return PodWish(is_available=False, words="its customer keeps this day")
    reader, told = Reader("en", day.zone), []
    if said is not None and said.hours:
        told.append(f"its customer lets you offer only {hours_in_words(said.hours, day, reader)}")
    if agreed:
        spans = hours_in_words(_spans(agreed), day, reader)
        prices = [each.price_eur_per_kwh for each in agreed]
        told.append(f"agreed {spans}, for {_prices(min(prices), max(prices))} €/kWh at least")
    return PodWish(is_available=True, words="; ".join(told))


def _spans(agreed: Iterable[FlexibilityPreference]) -> list[AvailableSpan]:
    indices = {each.index for each in agreed}
    first = [each for each in sorted(indices) if each - 1 not in indices]
    end = [each + 1 for each in sorted(indices) if each + 1 not in indices]
    runs = zip(first, end, strict=True)
    return [AvailableSpan(first_index=start, end_index=stop) for start, stop in runs]


def _prices(least: float, most: float) -> str:
    texts = [plain_decimal(each, _PRICE_DIGITS, "en") for each in (least, most)]
    return texts[0] if least == most else f"{texts[0]} to {texts[1]}"
