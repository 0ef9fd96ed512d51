"""Customers' wishes in the words that their aggregator reads."""

from datetime import date

from platone.dashboard.domain.pod_wish import NO_WISH, pod_wishes
from platone.kernel.market_time import MarketDay
from platone.messages.asset import AvailableSpan, DayPreference
from platone.messages.registry import FlexibilityPreference, PointOfDelivery, PortfolioPod

DAY = MarketDay(date(2021, 6, 23))


def entry(name: str, *agreed: tuple[int, float]) -> PortfolioPod:
    preferences = tuple(
        FlexibilityPreference(index=index, change_kw=-20.0, price_eur_per_kwh=price)
        for index, price in agreed
    )
    pod = PointOfDelivery(pod_id=name, aggregator_id="ACEAE")
    return PortfolioPod(pod=pod, preferences=preferences)


def test_each_wish_is_told_in_times_of_the_clock_and_prices() -> None:
    hours = (
        AvailableSpan(first_index=32, end_index=40),
        AvailableSpan(first_index=50, end_index=51),
    )
    said = [
        DayPreference(pod_id="AWAY", day=DAY.on, available=False),
        DayPreference(pod_id="HOURS", day=DAY.on, hours=hours),
    ]
    agreed = ((50, 0.07), (51, 0.07), (60, 0.07))
    portfolio = [
        entry("AWAY", *agreed),
        entry("HOURS"),
        entry("AGREED", *agreed),
        entry("PRICES", (0, 0.05), (1, 0.123456)),
        entry("TURNED", (64, 0.05), (0, 0.05)),
        entry("PLANNED", *agreed),
        entry("FREE"),
    ]
    found = pod_wishes(DAY, said, portfolio, {"PLANNED"})
    assert (found["AWAY"].is_available, found["AWAY"].words) == (
        False,
        "its customer keeps this day",
    )
    assert found["HOURS"].is_available
    assert found["HOURS"].words.endswith("only 08:00 to 10:00, 12:30 to 12:45")
    assert found["AGREED"].words == "agreed 12:30 to 13:00, 15:00 to 15:15, for 0.07 €/kWh at least"
    assert found["PRICES"].words.endswith("00:00 to 00:30, for 0.05 to 0.123456 €/kWh at least")
    assert found["TURNED"].words.startswith("agreed 00:00 to 00:15, 16:00 to 16:15")
    assert found["PLANNED"] == found["FREE"] == NO_WISH
