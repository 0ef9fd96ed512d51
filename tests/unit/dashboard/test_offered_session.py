"""A session's offers together, and the file of them: sums by hand, at two points of delivery."""

import csv
import io
from datetime import UTC, datetime

import pytest

from platone.dashboard.domain.offer_worth import OfferedQuarter
from platone.dashboard.domain.offered_session import OFFERED, SessionOffers
from platone.dashboard.domain.reason import tone_of
from platone.dashboard.domain.table_file import table_file
from platone.kernel.session_window import MarketType
from platone.messages.market import MarketSession
from platone.messages.plan import ForecastError

AT = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
SESSION = MarketSession(
    id="session-1",
    market_type=MarketType.DAY_AHEAD,
    start_time=AT,
    duration=24,
    interval=15,
    status="active",
    gate_opens=AT,
    gate_closes=AT,
)
ERROR = ForecastError(
    judged=96,
    mean_kw=1.25,
    deviation_kw=2.0,
    bias_kw=0.5,
    skill=0.1,
    low_kw=(3.0,) * 96,
    high_kw=(3.0,) * 96,
)


def quarter(pod: str, kwh: float, price: float, baseline: float | None = 10.0) -> OfferedQuarter:
    return OfferedQuarter(
        at=AT,
        pod=pod,
        offer=f"offer of {pod}",
        total_kw=6.0,
        baseline_kw=baseline,
        price_eur_per_kwh=price,
        counted_kwh=kwh,
    )


def offers(*quarters: OfferedQuarter) -> SessionOffers:
    return SessionOffers(
        SESSION, list(quarters), {"A": 0.8, "B": 0.5}, {"A": ERROR}, has_reactive=False
    )


def test_energy_worth_and_the_customers_part_are_summed() -> None:
    """10 kWh at 0.1 and 4 kWh at 0.25 EUR/kWh: 2 EUR, of which 0.8 and 0.5 are theirs."""
    found = offers(quarter("A", 10.0, 0.1), quarter("B", 4.0, 0.25))
    assert found.counted_kwh == 14.0
    assert found.worth_eur == pytest.approx(2.0)
    assert found.customers_eur == pytest.approx(1.3)
    assert found.is_known
    assert [len(span.quarters) for span in found.spans] == [1, 1]


def test_who_has_no_agreed_part_has_none() -> None:
    found = offers(quarter("C", 10.0, 0.1))
    assert found.worth_eur == pytest.approx(1.0)
    assert found.customers_eur == 0.0


def test_one_unknown_baseline_makes_the_sum_a_part() -> None:
    assert not offers(quarter("A", 1.0, 0.1), quarter("B", 0.0, 0.1, None)).is_known


def test_the_colour_is_that_of_the_sessions_state() -> None:
    assert offers().tone == tone_of("active")
    assert tone_of("active") != tone_of("settled")


def test_the_file_holds_each_quarter_hour_with_its_session() -> None:
    both = offers(quarter("A", 2.5, 0.4), quarter("B", 0.0, 0.1, None))
    text = table_file(OFFERED, [(both, each) for each in both.quarters], "Europe/Rome")
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    assert list(first.values()) == [
        "session-1",
        MarketType.DAY_AHEAD.value,
        "active",
        "2021-06-23T12:30:00+02:00",
        "A",
        "offer of A",
        "10.0",
        "1.25",
        "6.0",
        "-4.0",
        "0.4",
        "2.5",
        "1.0",
        "0.8",
    ]
    assert [second[name] for name in ("baseline_kw", "baseline_mean_error_kw", "change_kw")] == [
        "",
        "",
        "",
    ]
    assert second["customer_share"] == "0.5"
