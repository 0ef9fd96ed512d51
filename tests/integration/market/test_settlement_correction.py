"""Late and corrected readings: what was paid stays, and the difference is settled."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.market.test_settlement_recording import (
    DELIVERY,
    POD,
    WINDOW_ENDS,
    _check_same_bytes,
    _line,
    _reversed_trade,
    _trade,
    _validate,
)

from platone.market.domain.rules import MarketRules
from platone.messages.clearing import BaselineMethod, ClearingRules, SettlementRules

Register = Callable[..., Awaitable[Any]]
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)


async def _sold(desk: Any, register: Register, total_kw: float = 90.0) -> str:
    """Of 100 kW, 10 kW less are sold the day ahead."""
    assert (await register(POD, up=100, down=100)).status_code == 201
    desk.others.baselines[POD] = [100.0] * 96
    await _trade(desk, "dayAhead", total_kw)
    await desk.tick(DELIVERY - timedelta(hours=21))
    return await _validate(desk, 0, total_kw)


async def _told(desk: Any, start: Any, minutes: int = 15, pod: str = POD) -> str:
    told = {"podId": pod, "startTime": start.isoformat(), "durationMinutes": minutes}
    answer = await desk.call("MDA", "POST", "/api/measurementCorrections", {"corrections": [told]})
    assert answer.status_code == 200, answer.text
    await desk.deliver()
    return str(answer.json()["results"][0]["status"])


async def _settled(desk: Any, energy_wh: int) -> None:
    desk.others.read(POD, DELIVERY, energy_wh)
    await desk.tick(WINDOW_ENDS)
    await desk.deliver()


async def test_a_corrected_reading_makes_a_second_run(desk: Any, register: Register) -> None:
    """90 kW were measured: 2.5 kWh at 0.05. Then they are 94: 1.5 kWh are paid, 1 is missing."""
    outcome = await _sold(desk, register)
    await _settled(desk, 22_500)
    desk.others.read(POD, DELIVERY, 23_500, revision=1, version=2, reactiveEnergyVarh=1_250)

    assert await _told(desk, DELIVERY) == "accepted"

    first, second = [await _check_same_bytes(desk, f"{outcome}.{run}") for run in (1, 2)]
    assert (first["run"], second["run"]) == (1, 2)
    before, after = _line(first), _line(second)
    assert (before["measuredP"], before["paidP"], before["penaltyP"]) == (90.0, 0.125, 0.0)
    assert (after["measuredP"], after["paidP"], after["penaltyP"]) == (94.0, 0.075, 0.02)
    assert (before["customerTokens"], after["customerTokens"]) == ("0.1", "0.1")
    assert (before["version"], after["version"]) == (1, 2)
    assert (before["measuredQ"], after["measuredQ"]) == (None, 5.0)
    assert after["versions"] == [
        {
            "version": 1,
            "lineId": before["lineId"],
            "settlementId": f"{outcome}.1",
            "measuredP": 90.0,
            "net": 0.125,
            "quantities": {
                "reference": 25_000_000,
                "ordered": -2_500_000,
                "measured": 22_500_000,
                "price": 50_000,
                "delivered": 2_500_000,
            },
        }
    ]
    order, _ = desk.others.settlements[f"{outcome}.2"]
    assert b'"corrects":"' + before["lineId"].encode() + b'"' in order
    newest = await desk.get("ACEAE", f"/api/settlement/{outcome}")
    assert newest["settlementId"] == f"{outcome}.2"


async def test_what_is_corrected_again_follows_the_correction(
    desk: Any, register: Register
) -> None:
    outcome = await _sold(desk, register)
    await _settled(desk, 25_000)  # nothing delivered: a penalty of 0.05
    for revision, energy_wh in ((1, 22_500), (2, 23_500)):
        desk.others.read(POD, DELIVERY, energy_wh, revision=revision, version=revision + 1)
        await _told(desk, DELIVERY)
    for run in (1, 2, 3):
        await _check_same_bytes(desk, f"{outcome}.{run}")
    line = _line(await desk.get("MO", f"/api/settlement/{outcome}"))
    assert line["version"] == 3
    assert [each["net"] for each in line["versions"]] == [-0.05, 0.125]
    assert (line["paidP"], line["penaltyP"], line["customerTokens"]) == (0.075, 0.02, "0.1")


async def test_a_correction_that_comes_before_the_ledger_has_answered_counts(
    desk: Any, register: Register
) -> None:
    outcome = await _sold(desk, register)
    desk.others.ledger_is_down = True
    await _settled(desk, 22_500)
    assert desk.others.settlements == {}
    desk.others.read(POD, DELIVERY, 23_500, revision=1, version=2)

    assert await _told(desk, DELIVERY) == "accepted"
    await desk.restart()
    desk.others.ledger_is_down = False
    desk.clock.move_to(desk.clock.now() + timedelta(hours=1))
    await desk.deliver()

    assert list(desk.others.settlements) == [f"{outcome}.1", f"{outcome}.2"]
    line = _line(await desk.get("MO", f"/api/settlement/{outcome}"))
    assert (line["version"], line["measuredP"]) == (2, 94.0)


def _corrected_meanwhile(desk: Any, energy_wh: int, version: int) -> Callable[..., Any]:
    """What comes between the market's reading of measurements and what it makes of them."""

    async def meanwhile() -> None:
        desk.others.after_reading = None
        desk.others.read(POD, DELIVERY, energy_wh, revision=version - 1, version=version)
        told = {"podId": POD, "startTime": DELIVERY.isoformat(), "durationMinutes": 15}
        body = {"corrections": [told]}
        answer = await desk.call("MDA", "POST", "/api/measurementCorrections", body)
        assert answer.status_code == 200, answer.text

    return meanwhile


@pytest.mark.parametrize("is_paid", [False, True])
async def test_a_correction_that_comes_while_readings_are_read_counts(
    desk: Any, register: Register, *, is_paid: bool
) -> None:
    """What is settled, or corrected, is what was measured before; the newest one follows."""
    outcome = await _sold(desk, register)
    if is_paid:
        await _settled(desk, 22_500)
        desk.others.read(POD, DELIVERY, 23_000, revision=1, version=2)
        desk.others.after_reading = _corrected_meanwhile(desk, 23_500, 3)
        await _told(desk, DELIVERY)
    else:
        desk.others.after_reading = _corrected_meanwhile(desk, 23_500, 2)
        await _settled(desk, 22_500)
    assert desk.others.after_reading is None
    await desk.deliver()

    assert list(desk.others.settlements) == [f"{outcome}.{run}" for run in range(1, 3 + is_paid)]
    line = _line(await desk.get("MO", f"/api/settlement/{outcome}"))
    assert line["measuredP"] == 94.0


async def test_what_changes_nothing_makes_no_run(desk: Any, register: Register) -> None:
    outcome = await _sold(desk, register)
    await _settled(desk, 22_500)
    desk.others.read(POD, DELIVERY, 22_500, revision=1, version=2)
    assert await _told(desk, DELIVERY) == "accepted"
    assert await _told(desk, DELIVERY + timedelta(hours=5)) == "alreadySubmitted"
    assert await _told(desk, DELIVERY, pod="IT001E00000099") == "alreadySubmitted"
    assert list(desk.others.settlements) == [f"{outcome}.1"]


async def test_corrections_of_trades_that_stand_on_each_other(
    desk: Any, register: Register
) -> None:
    """95 kW were the schedule of both; 97 leave the day-ahead trade short, as the rule has it."""
    day_ahead, real_time = await _reversed_trade(desk, register)
    await _settled(desk, 23_750)
    desk.others.read(POD, DELIVERY, 24_250, revision=1, version=2)
    await _told(desk, DELIVERY)
    one = _line(await _check_same_bytes(desk, day_ahead))
    two = _line(await _check_same_bytes(desk, real_time))
    assert (one["paidP"], one["penaltyP"]) == (0.1, 0.01)
    assert (two["paidP"], two["penaltyP"], two["version"]) == (0.0625, 0.0, 2)


async def test_a_crash_before_the_answer_corrects_once(desk: Any, register: Register) -> None:
    outcome = await _sold(desk, register)
    await _settled(desk, 22_500)
    desk.others.read(POD, DELIVERY, 23_500, revision=1, version=2)
    desk.others.forget_ledger_answers = 1
    told = {"podId": POD, "startTime": DELIVERY.isoformat(), "durationMinutes": 15}
    await desk.call("MDA", "POST", "/api/measurementCorrections", {"corrections": [told]})
    await desk.tick()
    await desk.restart()
    await desk.deliver()
    assert list(desk.others.settlements) == [f"{outcome}.1", f"{outcome}.2"]
    assert _line(await _check_same_bytes(desk, outcome))["version"] == 2


async def test_only_the_metering_side_tells_of_corrections(desk: Any) -> None:
    for party in ("MO", "ACEAE", "DSO", "CUSTOMER-1", "AUDITOR"):
        answer = await desk.call(party, "POST", "/api/measurementCorrections", {"corrections": []})
        assert answer.status_code == 403


async def test_a_short_gap_is_estimated_after_five_days_and_corrected_later(
    desk: Any, register: Register
) -> None:
    """94 and 98 kW around it: 96 in the gap. The ledger is told which readings it lies between."""
    outcome = await _sold(desk, register)
    desk.others.read(POD, DELIVERY - QUARTER, 23_500)
    desk.others.read(POD, DELIVERY + QUARTER, 24_500)
    for hours in (0, 1, 119):
        desk.market._run._patience.hurry()
        desk.market._run.look_again()
        await desk.tick(WINDOW_ENDS + timedelta(hours=hours))
    assert not desk.others.settlements
    desk.market._run._patience.hurry()
    await desk.tick(WINDOW_ENDS + timedelta(hours=120))
    await desk.deliver()
    line = _line(await _check_same_bytes(desk, outcome))
    assert (line["measuredP"], line["quality"], line["paidP"]) == (96.0, "interpolated", 0.05)
    order, _ = desk.others.settlements[f"{outcome}.1"]
    assert b'"interpolated":true' in order
    desk.others.read(POD, DELIVERY, 22_500)
    await _told(desk, DELIVERY)
    line = _line(await _check_same_bytes(desk, outcome))
    assert (line["measuredP"], line["quality"], line["paidP"]) == (90.0, "simulated", 0.125)


@pytest.mark.parametrize(
    ("method", "reference_kw"),
    [
        (BaselineMethod.AGGREGATOR, 100.0),
        (BaselineMethod.FIVE_WORKING_DAYS, 103.0),  # 16, 17, 18, 21 and 22 June: 101 to 105
        (BaselineMethod.TEN_OF_TEN, 107.0),  # of ten days 105.5, and the morning lay 1.5 above it
        (BaselineMethod.METER_BEFORE, 99.0),
    ],
)
async def test_a_public_baseline_by_setting(
    desk: Any, register: Register, method: BaselineMethod, reference_kw: float
) -> None:
    """A delivery of 90 kW is counted from it; the recording settles to the same bytes."""
    settlement = SettlementRules(baseline=method)
    desk.rules = MarketRules(clearing=ClearingRules(settlement=settlement))
    await desk.restart()
    outcome = await _sold(desk, register)
    working = [back for back in range(1, 20) if (DELIVERY - timedelta(days=back)).weekday() < 5]
    for number, back in enumerate(working[:12], 1):
        day = DELIVERY - timedelta(days=back)
        for quarter in range(-20, 3):
            desk.others.read(POD, day + quarter * QUARTER, (100 + number) * 250)
    for back in (3, 4, 10, 11):  # weekends say nothing
        desk.others.read(POD, DELIVERY - timedelta(days=back), 10**6)
    for quarter in range(-20, 0):
        desk.others.read(POD, DELIVERY + quarter * QUARTER, 26_750 if quarter < -1 else 24_750)
    await _settled(desk, 22_500)

    line = _line(await _check_same_bytes(desk, outcome))

    assert line["referenceP"] == reference_kw
    assert line["baselineP"] == line["baseline"]["declaredP"] == 100.0
    assert line["baseline"]["method"] == method.value
    assert line["baseline"]["energy"] == reference_kw * 250_000
    assert line["paidP"] == 0.125 if reference_kw >= 100 else 9 * 0.25 * 0.05
    assert line["baseline"]["errorSamples"] > 0
    if method is BaselineMethod.AGGREGATOR:  # 19 quarter-hours at 107, one at 99
        assert line["baseline"]["errorP"] == pytest.approx((19 * 7 + 1) / 20)
        assert line["baseline"]["biasP"] == pytest.approx((19 * 7 - 1) / 20)


async def test_past_days_are_read_once_until_one_of_them_is_corrected(
    desk: Any, register: Register
) -> None:
    """Five working days at 103 kW; when one of them is 20 kW more, the mean is 107."""
    settlement = SettlementRules(baseline=BaselineMethod.FIVE_WORKING_DAYS)
    desk.rules = MarketRules(clearing=ClearingRules(settlement=settlement))
    await desk.restart()
    outcome = await _sold(desk, register)
    working = [back for back in range(1, 8) if (DELIVERY - timedelta(days=back)).weekday() < 5][:5]
    for back in working:
        desk.others.read(POD, DELIVERY - timedelta(days=back), 25_750)

    def past() -> int:
        """How often days were read that ended more than a day ago."""
        return sum(start < DELIVERY - 2 * DAY for start, _ in desk.others.spans_read)

    await _settled(desk, 22_500)
    read = past()
    assert read > 0
    assert _line(await _check_same_bytes(desk, outcome))["referenceP"] == 103.0

    desk.others.read(POD, DELIVERY, 23_000, revision=1, version=2)
    await _told(desk, DELIVERY)
    line = _line(await _check_same_bytes(desk, outcome))
    assert (line["referenceP"], line["measuredP"]) == (103.0, 92.0)
    assert past() == read, "the past is at hand"

    corrected = DELIVERY - timedelta(days=working[-1])
    desk.others.read(POD, corrected, 30_750, revision=1, version=2)
    await _told(desk, corrected)
    desk.others.read(POD, DELIVERY, 23_250, revision=2, version=3)
    await _told(desk, DELIVERY)
    line = _line(await _check_same_bytes(desk, outcome))
    assert (line["referenceP"], line["measuredP"]) == (107.0, 93.0)
    assert past() == read + 1
