"""The baselines that deliveries are counted from: of the right day and PoD, with their errors."""

from datetime import UTC, date, datetime, timedelta

from platone.kernel.market_time import MarketDay
from platone.market.domain.delivery import DeliveryLine
from platone.market.domain.delivery_basis import first_quarters, with_baselines
from platone.market.domain.metering import Metered
from platone.messages.clearing import BaselineMethod, SettlementRules
from platone.messages.recording import MeteredDay

ROME = "Europe/Rome"
ON = date(2021, 6, 23)  # a Wednesday
DAY = MarketDay(ON)
KWH = 1_000_000
DECLARED = {"POD0": [100.0] * 96, "POD1": [200.0] * 96}


def line(pod: str = "POD0", index: int = 50) -> DeliveryLine:
    return DeliveryLine(
        line_id=f"{pod}.{index}",
        outcome_id="outcome",
        pod=pod,
        index=index,
        starts=DAY.instant(index),
        window_start=DAY.instant(48),
        rank=0,
        baseline_kw=100.0,
        total_kw=90.0,
        change_kw=-10.0,
        price=0.1,
        request_player_id="DSO",
        offer_player_id="AGG",
    )


def day(
    back: int, energies: list[int], pod: str = "POD0", traded: tuple[int, ...] = ()
) -> MeteredDay:
    return MeteredDay(
        settlement_id="S",
        pod_id=pod,
        on=ON - timedelta(days=back),
        energies=tuple(energies),
        traded=traded,
    )


def metered(*lines: DeliveryLine) -> dict[tuple[str, int], Metered]:
    return {each.spot: Metered(20 * KWH, "reading") for each in lines}


WORKING = (1, 2, 5, 6, 7)  # days back from a Wednesday: Tuesday, Monday, Friday, ...
FIVE = SettlementRules(baseline=BaselineMethod.FIVE_WORKING_DAYS)


def test_a_mean_of_five_days_and_its_error_on_the_same_day() -> None:
    """21 to 25 kWh on five days: 23; on the day itself 22 were taken before the window."""
    days = [day(back, [(20 + n) * KWH] * 96) for n, back in enumerate(WORKING, 1)]
    today = day(0, [22 * KWH] * 64, traded=(50,))
    found = with_baselines(metered(line()), [line()], [*days, today], DECLARED, FIVE, ROME)
    used = found["POD0", 50].baseline
    assert used is not None
    assert (used.method, used.energy) == (BaselineMethod.FIVE_WORKING_DAYS, 23 * KWH)
    assert used.declared_p == 100.0
    assert set(used.days) == {ON - timedelta(days=back) for back in WORKING}
    assert used.shift_p is None
    assert (used.error_p, abs(used.bias_p or 0.0)) == (4.0, 4.0)  # a kWh a quarter-hour
    assert used.error_samples == 63  # of 64 quarter-hours until 16:00, one was traded
    assert found["POD0", 50].energy == 20 * KWH


def test_a_shift_of_the_same_day_is_told_as_power() -> None:
    working = [n for n in range(1, 20) if (ON - timedelta(days=n)).weekday() < 5]
    days = [day(back, [place * KWH] * 96) for place, back in enumerate(working, 1)]
    today = day(0, [6 * KWH] * 64, traded=(50,))
    rules = SettlementRules(baseline=BaselineMethod.TEN_OF_TEN)
    found = with_baselines(metered(line()), [line()], [*days, today], DECLARED, rules, ROME)
    used = found["POD0", 50].baseline
    assert used is not None
    assert (used.method, used.energy, used.shift_p) == (BaselineMethod.TEN_OF_TEN, 6 * KWH, 2.0)


def test_where_the_day_is_not_metered_no_error_is_told() -> None:
    days = [day(back, [20 * KWH] * 96) for back in WORKING]
    found = with_baselines(metered(line()), [line()], days, DECLARED, FIVE, ROME)
    used = found["POD0", 50].baseline
    assert used is not None
    assert (used.error_p, used.bias_p, used.error_samples) == (None, None, 0)


def test_only_what_is_metered_known_and_declared_has_one() -> None:
    days = [day(back, [20 * KWH] * 96, pod) for back in WORKING for pod in ("POD0", "POD2")]
    lines = [line(), line(index=51), line("POD1"), line("POD2")]
    given = metered(lines[0], lines[2], lines[3])
    found = with_baselines(given, lines, days, DECLARED, FIVE, ROME)
    assert {spot for spot, each in found.items() if each.baseline is not None} == {("POD0", 50)}
    assert found.keys() == given.keys()
    assert all(each.baseline is None for each in given.values())


def test_holidays_are_passed_over() -> None:
    days = [day(back, [20 * KWH] * 96) for back in WORKING]
    rules = SettlementRules(
        baseline=BaselineMethod.FIVE_WORKING_DAYS, holidays=(ON - timedelta(days=1),)
    )
    used = with_baselines(metered(line()), [line()], days, DECLARED, rules, ROME)["POD0", 50]
    assert used.baseline is not None
    assert ON - timedelta(days=1) not in used.baseline.days


def test_a_window_is_over_after_so_many_quarter_hours() -> None:
    """Windows take four hours from midnight: that of noon ends at 16:00, 64 quarter-hours on."""
    assert line().window_start == datetime(2021, 6, 23, 10, tzinfo=UTC)
    assert first_quarters(line(), ROME) == 64
