"""A settlement's recording holds all that it used: the command settles it to the same bytes."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from platone.kernel.canonical import canonical_json
from platone.market.domain.replay import settle_file
from platone.messages.settlement import Settlement

POD = "IT001E00000077"
INDEX = 50
DELIVERY = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
WINDOW_ENDS = datetime(2021, 6, 23, 14, tzinfo=UTC)
PRICE = 0.05
Register = Callable[..., Awaitable[Any]]


def _service(player: str, kind: str, market: str, total_kw: float) -> dict[str, Any]:
    power = [{"index": INDEX, "p": total_kw, "pPrice": PRICE}]
    return {
        "marketType": market,
        "playerId": player,
        "serviceType": kind,
        "playerServiceId": f"{player}-{market}-{total_kw}",
        "flexibility": [{"pod": [POD], "power": power}],
    }


async def _trade(desk: Any, market: str, total_kw: float) -> None:
    """The DSO asks for a total in the open session, and the PoD offers just that."""
    for player, kind in (("DSO", "DSO_request"), ("ACEAE", "offer")):
        service = _service(player, kind, market, total_kw)
        answer = await desk.call(player, "POST", "/api/flexibilityService", service)
        assert answer.status_code == 201, answer.text


async def _validate(desk: Any, number: int, total_kw: float) -> str:
    await desk.deliver()
    outcome = desk.others.bodies("POST /api/dso/marketOutcome")[number]
    technical = {
        key: outcome[key]
        for key in ("marketType", "duration", "interval", "startTime", "marketOutcome")
    }
    power = [{"index": INDEX, "acceptedPValue": total_kw}]
    technical["flexibility"] = [{"pod": POD, "power": power}]
    answer = await desk.call("DSO", "POST", "/api/technicalOutcome", technical)
    assert answer.status_code == 201, answer.text
    return str(outcome["marketOutcome"])


async def _reversed_trade(desk: Any, register: Register) -> tuple[str, str]:
    """Of 100 kW, 10 kW less are sold the day ahead, and 5 kW more in real time."""
    assert (await register(POD, up=100, down=100)).status_code == 201
    desk.others.baselines[POD] = [100.0] * 96
    await _trade(desk, "dayAhead", 90.0)
    await desk.tick(datetime(2021, 6, 22, 13, 30, tzinfo=UTC))
    day_ahead = await _validate(desk, 0, 90.0)
    await desk.tick(datetime(2021, 6, 23, 7, tzinfo=UTC))
    await _trade(desk, "realTime", 95.0)
    await desk.tick(datetime(2021, 6, 23, 8, tzinfo=UTC))
    return day_ahead, await _validate(desk, 1, 95.0)


async def _recording(desk: Any, identifier: str) -> bytes:
    answer = await desk.call("MO", "GET", f"/api/settlement/{identifier}/recording")
    assert answer.status_code == 200, answer.text
    return bytes(answer.content)


async def _check_same_bytes(desk: Any, identifier: str) -> dict[str, Any]:
    """The settlement of an outcome, which the command makes of its recording again."""
    told = await desk.call("MO", "GET", f"/api/settlement/{identifier}")
    again = settle_file(await _recording(desk, identifier))
    served = msgspec.json.decode(told.content, type=Settlement)
    assert msgspec.json.encode(msgspec.json.decode(again, type=Settlement)) == told.content
    certified = desk.others.certified()[f"settlement-{served.settlement_id}"]["content"]
    assert canonical_json(msgspec.json.decode(again, type=Settlement)).decode() == certified
    found: dict[str, Any] = json.loads(again)
    return found


def _line(settlement: dict[str, Any]) -> dict[str, Any]:
    ((power,),) = [pod["power"] for pod in settlement["flexibility"]]
    line: dict[str, Any] = power
    return line


@pytest.mark.parametrize(
    # measured kW, paid and penalty of the day-ahead and the real-time trade at 0.05 and 0.02 per
    # kWh: 10 kW are 2.5 kWh, and each is due as far as 95 kW are missed on its side
    ("measured_kw", "first", "second"),
    [
        (95, (0.125, 0.0), (0.0625, 0.0)),
        (97, (0.1, 0.01), (0.0625, 0.0)),
        (93, (0.125, 0.0), (0.0375, 0.01)),
    ],
)
async def test_a_real_time_trade_that_reverses_part_of_a_day_ahead_trade(
    desk: Any,
    register: Register,
    measured_kw: int,
    first: tuple[float, float],
    second: tuple[float, float],
) -> None:
    day_ahead, real_time = await _reversed_trade(desk, register)
    desk.others.read(POD, DELIVERY, measured_kw * 250)
    await desk.tick(WINDOW_ENDS)
    await desk.deliver()

    one = _line(await _check_same_bytes(desk, day_ahead))
    two = _line(await _check_same_bytes(desk, real_time))

    assert (one["paidP"], one["penaltyP"]) == pytest.approx(first)
    assert (two["paidP"], two["penaltyP"]) == pytest.approx(second)
    for line, change, reference in ((one, -10.0, 105.0), (two, 5.0, 90.0)):
        assert (line["baselineP"], line["changeP"]) == (100.0, change)
        assert line["referenceP"] == reference
        assert line["measuredP"] == measured_kw


async def test_a_reading_that_lacks(desk: Any, register: Register) -> None:
    day_ahead, real_time = await _reversed_trade(desk, register)
    await desk.tick(WINDOW_ENDS)
    for _ in range(4):  # so often it is looked before what lacks is told
        desk.market._run._patience.hurry()
        desk.market._run.look_again()
        await desk.tick()
    await desk.deliver()

    for identifier in (day_ahead, real_time):
        line = _line(await _check_same_bytes(desk, identifier))
        assert (line["status"], line["measuredP"]) == ("missingMeasurement", None)
        assert line["baselineP"] == 100.0


async def test_each_version_of_a_settlement_has_a_recording(desk: Any, register: Register) -> None:
    """Two windows of a day-ahead session come due one after the other."""
    assert (await register(POD, up=100, down=100)).status_code == 201
    desk.others.baselines[POD] = [100.0] * 96
    later = 70  # 17:30, in the window from 16 to 20 o'clock
    for player, kind in (("DSO", "DSO_request"), ("ACEAE", "offer")):
        service = _service(player, kind, "dayAhead", 90.0)
        power = service["flexibility"][0]["power"]
        power.append(power[0] | {"index": later})
        answer = await desk.call(player, "POST", "/api/flexibilityService", service)
        assert answer.status_code == 201, answer.text
    await desk.tick(datetime(2021, 6, 22, 13, 30, tzinfo=UTC))
    await desk.deliver()
    (outcome,) = desk.others.bodies("POST /api/dso/marketOutcome")
    technical = {
        key: outcome[key]
        for key in ("marketType", "duration", "interval", "startTime", "marketOutcome")
    }
    power = [{"index": index, "acceptedPValue": 90.0} for index in (INDEX, later)]
    technical["flexibility"] = [{"pod": POD, "power": power}]
    answer = await desk.call("DSO", "POST", "/api/technicalOutcome", technical)
    assert answer.status_code == 201, answer.text
    desk.others.read(POD, DELIVERY, 22_500)
    desk.others.read(POD, DELIVERY + timedelta(hours=5), 24_000)
    name = outcome["marketOutcome"]

    await desk.tick(WINDOW_ENDS)
    await desk.deliver()
    await desk.tick(WINDOW_ENDS + timedelta(hours=4))
    await desk.deliver()

    one, two = [await _check_same_bytes(desk, f"{name}.{number}") for number in (1, 2)]
    assert [line["index"] for line in one["flexibility"][0]["power"]] == ["50"]
    paid = {line["index"]: line["paidP"] for line in two["flexibility"][0]["power"]}
    assert paid == {"50": pytest.approx(0.125), "70": pytest.approx(0.05)}


async def test_a_line_that_the_ledger_refused(desk: Any, register: Register) -> None:
    day_ahead, _ = await _reversed_trade(desk, register)
    desk.others.agreed = set()
    desk.others.read(POD, DELIVERY, 23_750)
    await desk.tick(WINDOW_ENDS)
    await desk.deliver()

    line = _line(await _check_same_bytes(desk, day_ahead))

    assert (line["status"], line["paidP"]) == ("notPaid", 0.0)


async def test_the_italian_day(desk: Any, italian_services: Any) -> None:
    for each in italian_services:
        answer = await desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
        assert answer.status_code == 201
    await desk.tick(datetime(2021, 6, 22, 13, 30, tzinfo=UTC))
    await desk.deliver()
    (outcome,) = desk.others.bodies("POST /api/dso/marketOutcome")
    technical = {
        key: outcome[key]
        for key in ("marketType", "duration", "interval", "startTime", "marketOutcome")
    } | {
        "flexibility": [
            {"pod": pod["pod"], "power": [{"index": INDEX, "acceptedPValue": kw}]}
            for pod in outcome["flexibility"]
            for kw in {power["acceptedPValue"] for power in pod["power"]}
        ]
    }
    answer = await desk.call("DSO", "POST", "/api/technicalOutcome", technical)
    assert answer.status_code == 201, answer.text
    for pod, energy_wh in {
        "IT002E61899978": 319_636,
        "IT002E60974469": 1_045_087,
        "IT002E60550189": 80_000,
    }.items():
        desk.others.read(pod, DELIVERY, energy_wh)
    await desk.tick(WINDOW_ENDS)
    await desk.deliver()

    settlement = await _check_same_bytes(desk, outcome["marketOutcome"])

    assert len(settlement["flexibility"]) == 3
    for party in ("ACEAE", "DSO"):
        refused = await desk.call(
            party, "GET", f"/api/settlement/{outcome['marketOutcome']}/recording"
        )
        assert refused.status_code == 403
    missing = await desk.call("MO", "GET", "/api/settlement/none/recording")
    assert missing.json()["type"] == "/problems/unknown-outcome"
